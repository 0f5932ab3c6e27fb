# What people do about alerts. Every course here looks at calls that nobody answers. Times are UTC. A fever with few
# neutrophils and a major bleeding are said again after 15 minutes, VOD/SOS after 2 hours; a snooze lasts at most 4 hours
# for the first two and 24 hours for VOD/SOS.

prelude feverish
  with calls
  apart from monitoring, dosing, haematological_hold
  2025-05-10 05:50 patient born 1985
  2025-05-10 05:55 dose 0.8 cycle 1 day 1
  2025-05-10 06:00 ANC 0.4 10*9/L
  2025-05-10 08:00 temperature 38.5 Cel

prelude painful
  with calls
  apart from monitoring, dosing, hepatic_hold, hys_law
  day 0 is 2025-03-01
  2025-02-20 07:00 patient born 1985
  2025-02-20 08:00 dose 0.8 cycle 1 day 1
  2025-02-21 07:00 weight 70.0 kg
  2025-02-21 07:00 creatinine 80 umol/L
  2025-02-22 08:00 conditioning fludarabine, melphalan
  day 0 12:00 transplant
  day 21 08:00 weight 73.6 kg
  day 21 09:00 painful hepatomegaly present

prelude bleeding
  with calls
  apart from monitoring, dosing, haematological_hold
  2025-05-09 09:00 patient born 1985
  2025-05-09 10:00 dose 0.8 cycle 1 day 1
  2025-05-09 16:00 haemoglobin 95 g/L

story Acknowledged after 14 minutes: nobody is called again
begins feverish
expect febrile_neutropenia raised high notify
  state open
2025-05-10 08:14 acknowledged by NURSE
expect febrile_neutropenia acknowledged high silent
  state acknowledged by NURSE
  before open
  counts
  says "Acknowledged by NURSE."
expect fate alerted
until 2025-05-10 20:00

story Nobody answers a fever for 15 minutes: it is said again, once
begins feverish
expect febrile_neutropenia raised high notify
until 2025-05-10 08:14
expect nothing
until 2025-05-10 08:15
expect febrile_neutropenia escalated high notify
  says "Nobody has acknowledged this yet"
  met ctcae_v5
until 2025-05-10 18:00
expect nothing

story A major bleeding waits as long
begins bleeding
2025-05-10 07:00 haemoglobin 74 g/L
expect haemorrhage raised information silent
until 2025-05-10 07:45
expect nothing
2025-05-10 08:00 overt bleeding present site melaena
expect haemorrhage upgraded high notify
until 2025-05-10 08:14
expect nothing
until 2025-05-10 08:15
expect haemorrhage escalated high notify

story VOD waits two hours; that somebody looks after it is no answer
begins painful
expect vod_sos raised high notify
day 21 09:30 assigned to NURSE-2 by NURSE-1
expect vod_sos handled high silent
  owner NURSE-2
  state open
day 21 10:00 commented "weighed twice" by NURSE-1
expect vod_sos handled high silent
  text "weighed twice"
  owner NURSE-2
until 2025-03-22 10:59
expect nothing
until 2025-03-22 11:00
expect vod_sos escalated high notify
  owner NURSE-2

story It worsens between seeing and acknowledging: the act is void, and the worse alert waits
begins painful
expect vod_sos raised high notify
day 21 10:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
day 21 10:01 acknowledged by NURSE seeing 1
expect vod_sos handled high silent
  void "worsened after the revision"
  state open
  says "which is void"
until 2025-03-22 11:59
expect nothing
until 2025-03-22 12:00
expect vod_sos escalated high notify
day 21 12:10 acknowledged by NURSE seeing 2
expect vod_sos acknowledged high silent
  state acknowledged by NURSE
  counts

story An acknowledged alert speaks again when it worsens, and then waits again
begins painful
expect vod_sos raised high notify
day 21 09:10 acknowledged by NURSE
expect vod_sos acknowledged high silent
day 21 12:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  state open
until 2025-03-22 13:59
expect nothing
until 2025-03-22 14:00
expect vod_sos escalated high notify

story A new spike and further definitions in an acknowledged fever call nobody
begins feverish
expect febrile_neutropenia raised high notify
2025-05-10 08:05 acknowledged by NURSE
expect febrile_neutropenia acknowledged high silent
2025-05-10 14:00 temperature 37.0 Cel
2025-05-10 20:00 temperature 39.5 Cel
2025-05-10 21:30 temperature 39.6 Cel
until 2025-05-11 04:00
expect nothing

story "Not VOD" ends with another definition
begins painful
expect vod_sos raised high notify
day 21 09:10 dismissed "fluid overload, ultrasound normal" by PHYSICIAN
expect vod_sos handled high silent
  state dismissed by PHYSICIAN
  text "fluid overload, ultrasound normal"
until 2025-03-22 15:00
expect nothing
day 21 16:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  state open

story "Not VOD" ends with a new item, though no definition was added
begins painful
expect vod_sos raised high notify
day 21 10:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
day 21 10:10 dismissed "known liver metastases" by PHYSICIAN
expect vod_sos handled high silent
day 21 11:00 weight 73.7 kg
expect nothing
day 21 12:00 ascites present
expect vod_sos upgraded high notify
  state open

story The same item in an acknowledged alert is told in silence
begins painful
expect vod_sos raised high notify
day 21 10:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
day 21 10:10 acknowledged by PHYSICIAN
expect vod_sos acknowledged high silent
day 21 12:00 ascites present
expect vod_sos revised high silent
  state acknowledged by PHYSICIAN

story A fever sleeps for four hours at most
begins feverish
expect febrile_neutropenia raised high notify
2025-05-10 08:10 snoozed until 12:11 by NURSE
expect refused "longer than the profile allows"
2025-05-10 08:10 snoozed until 08:10 by NURSE
expect refused "ends before it begins"
2025-05-10 08:10 snoozed by NURSE
expect refused "a snooze needs it"
2025-05-10 08:10 snoozed until 12:10 by NURSE
expect febrile_neutropenia handled high silent
  state snoozed by NURSE
until 2025-05-10 12:09
expect nothing
until 2025-05-10 12:10
expect febrile_neutropenia expired high notify
  state open
  says "A snooze is over"
until 2025-05-10 12:24
expect nothing
until 2025-05-10 12:25
expect febrile_neutropenia escalated high notify

story VOD may sleep for a day, not a minute longer; worse wakes it
begins painful
expect vod_sos raised high notify
day 21 09:10 snoozed until 2025-03-23 09:11
expect refused "longer than the profile allows"
day 21 09:10 snoozed until 2025-03-23 09:10 by PHYSICIAN
expect vod_sos handled high silent
  state snoozed by PHYSICIAN
day 21 20:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  state open
day 21 20:10 acknowledged by PHYSICIAN
expect vod_sos acknowledged high silent
until 2025-03-23 01:00
expect nothing

story An undo takes the last act back, and the call waits again
begins feverish
expect febrile_neutropenia raised high notify
2025-05-10 08:05 acknowledged by NURSE
expect febrile_neutropenia acknowledged high silent
2025-05-10 09:00 undone by NURSE
expect febrile_neutropenia handled high silent
  before acknowledged
  state open
until 2025-05-10 09:14
expect nothing
until 2025-05-10 09:15
expect febrile_neutropenia escalated high notify
2025-05-10 09:20 undone by NURSE
expect febrile_neutropenia handled high silent
  void "no act that can be taken back"

story Two people: the one who did not see the other's act cannot take it back
begins feverish
expect febrile_neutropenia raised high notify
2025-05-10 08:05 acknowledged by NURSE
expect febrile_neutropenia acknowledged high silent
2025-05-10 08:06 snoozed until 10:00 by PHYSICIAN seeing 1
expect febrile_neutropenia handled high silent
  before acknowledged
  state snoozed by PHYSICIAN
2025-05-10 08:07 undone by NURSE seeing 2
expect febrile_neutropenia handled high silent
  void "somebody acted after"
  state snoozed by PHYSICIAN
2025-05-10 08:08 undone by NURSE
expect febrile_neutropenia handled high silent
  state acknowledged by NURSE

story A report of own receipt waits a day, and tells its content again
with calls
source own receipt
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
expect haemorrhage raised high notify
2025-03-01 09:00 commented "asked the site for the scan" by OFFICER
expect haemorrhage handled high silent
  listed EU review, US review
until 2025-03-02 07:59
expect nothing
until 2025-03-02 09:00
expect haemorrhage escalated high notify
  listed EU review, US review

story Somebody else's report waits for nobody
with calls
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
expect haemorrhage raised high notify
2025-03-01 09:00 assigned to OFFICER-2 by OFFICER
expect haemorrhage handled high silent
until 2025-03-05 09:00
expect nothing

story A dismissed report's alert stays what it is, and a further reaction ends the dismissal
with calls
source own receipt
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
expect haemorrhage raised high notify
2025-03-01 09:00 dismissed "trauma" by OFFICER
expect haemorrhage handled high silent
  listed EU review, US review
at 2025-03-03T08:00:00Z report C1 version 2
  received 2025-03-03
  country DE
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
expect haemorrhage revised high silent
  state dismissed by OFFICER
at 2025-03-04T08:00:00Z report C1 version 3
  received 2025-03-04
  country DE
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
  reaction "Epistaxis"
expect haemorrhage upgraded high notify
  state open
