# Courses of reports. The first is the one of the project's own list that concerns reports, in parts.

story Fatal VOD is listed in both regions
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  serious death
  drug suspect Besponsa
  reaction "Venoocclusive liver disease" outcome fatal
expect vod_sos raised high notify
  listed EU listed, US listed

story Pulmonary haemorrhage is a haemorrhage and goes to review
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  serious hospitalisation
  drug suspect Besponsa
  reaction "Pulmonary haemorrhage"
expect haemorrhage raised high notify
  listed EU review, US review

story A history of VOD is a contraindication question and no onset
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  not serious
  drug suspect Besponsa
  history "History of VOD"
  reaction "Nausea"
expect reaction raised information silent
  situation contraindicated_use unknown
  asks "How severe was the earlier VOD/SOS"

story An earlier severe VOD is contraindicated use
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  not serious
  drug suspect Besponsa
  history "Severe hepatic veno-occlusive disease" resolved
  reaction "Nausea"
expect contraindicated_use raised medium notify
  says "earlier severe VOD/SOS"
  says "contraindicated use"
expect reaction raised information silent

story Age 9 in 2025 is off label in the EU and on label in the US
at 2025-03-01T08:00:00Z report C1 version 1
  received 2025-03-01
  not serious
  patient female age 9
  drug suspect Besponsa from 2025-02-01 to 2025-02-15
  reaction "Nausea"
expect dosing raised information silent
  situation off_label_age_eu met
  situation off_label_age_us not_met
expect reaction raised information silent

story Age 9 before the US revision of March 2024 is off label in both
at 2024-02-20T08:00:00Z report C1 version 1
  received 2024-02-20
  not serious
  patient female age 9
  drug suspect Besponsa from 2024-02-01 to 2024-02-15
  reaction "Nausea"
expect dosing raised information silent
  situation off_label_age_eu met
  situation off_label_age_us met
expect reaction raised information silent

story Fifteen calendar days run over weekends and holidays
source own receipt
at 2025-12-24T08:00:00Z report C1 version 1
  received 2025-12-24
  country JP
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  valid
  clocks eu_serious 2026-01-08
expect due EU within_15_days 1 on 2025-12-24
expect due EU within_7_days 1 on 2026-01-04
expect due EU within_3_days 1 on 2026-01-08
expect due EU overdue 1 on 2026-01-09

story A report that others received has no clock
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  valid
  no clock
expect due EU within_15_days 0 on 2025-03-14

story A significant follow-up restarts its own clock, an administrative one does not
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  clocks eu_serious 2025-03-29
at 2025-03-18T08:00:00Z report C1 version 2
  received 2025-03-18
  other id AGENCY-77
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos revised high silent
  clocks eu_serious 2025-03-29
  same alert
at 2025-03-22T08:00:00Z report C1 version 3
  received 2025-03-22
  other id AGENCY-77
  country DE
  reporter physician
  patient female age 45
  serious death
  drug suspect Besponsa
  reaction "Venoocclusive liver disease" outcome fatal
expect vod_sos upgraded high notify
  clocks eu_serious 2025-03-29; eu_serious 2025-04-06 follow-up
expect due EU within_15_days 1 on 2025-03-29

story A case without a reaction is not valid, and day 0 is the day on which it becomes so
source own receipt
at 2025-03-03T08:00:00Z report C1 version 1
  received 2025-03-03
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
expect reaction raised low notify
  missing reaction
  no clock
  asks "Which adverse reaction occurred?"
at 2025-03-10T08:00:00Z report C1 version 2
  received 2025-03-10
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Febrile neutropenia"
expect febrile_neutropenia raised high notify
  valid
  dme
  clocks eu_serious 2025-03-25
expect reaction withdrawn low silent

story Not serious from the EEA has ninety days, from elsewhere none
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country NO
  reporter pharmacist
  patient male age 60
  not serious
  drug suspect Besponsa
  reaction "Nausea"
expect reaction raised information silent
  clocks eu_non_serious 2025-06-12
at 2025-03-14T09:00:00Z report C2 version 1
  received 2025-03-14
  country GB
  reporter pharmacist
  patient male age 60
  not serious
  drug suspect Besponsa
  reaction "Nausea"
expect reaction raised information silent
  no clock
expect due EU later 1 on 2025-03-14

story Serious and unlisted has a US clock, serious and listed has none
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country US
  reporter physician
  patient male age 60
  serious hospitalisation
  drug suspect Besponsa
  reaction "Renal failure"
expect reaction raised medium notify
  listed EU unlisted, US unlisted
  clocks eu_serious 2025-03-29; us_15_day_alert 2025-03-29
at 2025-03-14T09:00:00Z report C2 version 1
  received 2025-03-14
  country US
  reporter physician
  patient male age 60
  serious hospitalisation
  drug suspect Besponsa
  reaction "Febrile neutropenia"
expect febrile_neutropenia raised high notify
  clocks eu_serious 2025-03-29

story A solicited report needs causality before a clock runs
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  type study
  country FR
  reporter physician
  patient female age 50
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  valid
  no clock
at 2025-03-17T08:00:00Z report C1 version 2
  received 2025-03-17
  type study
  country FR
  reporter physician
  patient female age 50
  serious hospitalisation
  drug suspect Besponsa causality "investigator: related"
  reaction "Venoocclusive liver disease"
expect vod_sos revised high silent
  clocks eu_serious 2025-03-29; eu_serious 2025-04-01 follow-up

story Overdose without a reaction is recorded, raised, and no valid report
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 50
  not serious
  drug suspect Besponsa on 2025-03-13 dose 1.6 code 2
  reaction "Overdose"
expect dosing raised medium notify
  situation overdose met
  missing reaction
  no clock
expect reaction raised information silent

story Eleven hundredths over the dose is flagged, ten per cent is not
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  not serious
  drug suspect Besponsa on 2025-03-13 dose 0.88
  reaction "Nausea"
expect reaction raised information silent
  situation overdose not_met
at 2025-03-15T08:00:00Z report C1 version 2
  received 2025-03-15
  not serious
  drug suspect Besponsa on 2025-03-13 dose 0.89
  reaction "Nausea"
expect dosing raised medium notify
  situation overdose met
expect reaction revised information silent
at 2025-03-16T08:00:00Z report C1 version 3
  received 2025-03-16
  not serious
  drug suspect Besponsa on 2025-03-13 dose 0.8
  reaction "Nausea"
expect dosing withdrawn medium silent
expect reaction revised information silent

story Five days between two doses are flagged low
at 2025-06-20T08:00:00Z report C1 version 1
  received 2025-06-20
  not serious
  drug suspect Besponsa on 2025-06-01 dose 0.8
  drug suspect Besponsa on 2025-06-09 dose 0.5
  drug suspect Besponsa on 2025-06-14 dose 0.5
  reaction "Nausea"
expect dosing raised low notify
  situation wrong_day met
  says "5 days between the doses of 2025-06-09 and 2025-06-14"
expect reaction raised information silent

story A nullified case is withdrawn everywhere, and its clock stops
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  history "Severe hepatic veno-occlusive disease"
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  clocks eu_serious 2025-03-29
expect contraindicated_use raised medium notify
expect cases 1
expect due EU within_15_days 1 on 2025-03-14
at 2025-03-16T08:00:00Z report C1 version 2
  received 2025-03-16
  status nullification
expect vod_sos withdrawn high silent
  says "nullified by its sender"
expect contraindicated_use withdrawn medium silent
expect cases 0
expect due EU within_15_days 0 on 2025-03-16

story A nullified case that is sent again under a new identifier is linked to the old one
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  alone
at 2025-03-15T08:00:00Z report C1 version 2
  received 2025-03-15
  status nullification
expect vod_sos withdrawn high silent
at 2025-03-16T08:00:00Z report C2 version 1
  received 2025-03-16
  other id C1
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  duplicate C1 100 percent nullified
expect cases 1

story Two senders of one event are linked and stay two cases
at 2025-03-14T08:00:00Z report HOSPITAL-1 version 1
  received 2025-03-14
  sender hospital
  country DE
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa from 2025-02-01 to 2025-02-15
  reaction "Venoocclusive liver disease" onset 2025-03-10
expect vod_sos raised high notify
  alone
  onset 23 days, within the window
at 2025-03-20T08:00:00Z report AGENCY-9 version 1
  received 2025-03-20
  sender agency
  country DE
  patient female age 46
  serious hospitalisation
  drug suspect "Inotuzumab ozogamicin" from 2025-02-01 to 2025-02-15
  reaction "Veno-occlusive liver disease" onset 2025-03-12
expect vod_sos raised high notify
  duplicate HOSPITAL-1 88 percent
expect cases 2

story Another patient of the same ward is no duplicate
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa from 2025-02-01 to 2025-02-15
  reaction "Venoocclusive liver disease" onset 2025-03-10
expect vod_sos raised high notify
at 2025-03-14T09:00:00Z report C2 version 1
  received 2025-03-14
  country DE
  patient male age 45
  serious hospitalisation
  drug suspect Besponsa from 2025-02-01 to 2025-02-15
  reaction "Venoocclusive liver disease" onset 2025-03-10
expect vod_sos raised high notify
  alone

story Fifty-six days after the last dose are within the window, fifty-seven are not
at 2025-07-01T08:00:00Z report C1 version 1
  received 2025-07-01
  serious hospitalisation
  drug suspect Besponsa from 2025-04-12 to 2025-05-03 dechallenge negative
  reaction "Venoocclusive liver disease" onset 2025-06-28
expect vod_sos raised high notify
  onset 56 days, within the window
  dechallenge negative
at 2025-07-02T08:00:00Z report C2 version 1
  received 2025-07-02
  serious hospitalisation
  drug suspect Besponsa from 2025-04-12 to 2025-05-03
  reaction "Venoocclusive liver disease" onset 2025-06-29
expect vod_sos raised high notify
  onset 57 days, outside the window
  says "outside the label's 56 days"

story A dose after the onset of a reported VOD is contraindicated use
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  serious hospitalisation
  drug suspect Besponsa from 2025-02-01 to 2025-03-12
  reaction "Sinusoidal obstruction syndrome" onset 2025-03-10
expect vod_sos raised high notify
expect contraindicated_use raised medium notify
  says "a dose on 2025-03-12, after the onset"

story Gemtuzumab is not the product, whatever is reported of it
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  serious death
  drug suspect "GEMTUZUMAB OZOGAMICIN" from 2025-02-01 to 2025-03-12
  reaction "Venoocclusive liver disease" outcome fatal
expect fate quiet
expect cases 0

story Off-label use is no reaction: it has no listedness and raises no alert of its own priority
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  serious hospitalisation
  drug suspect Besponsa for "Non-Hodgkin's lymphoma"
  reaction "Off label use"
  reaction "Neutropenia"
expect dosing raised information silent
  situation off_label_reported met
  situation off_label_indication met
expect reaction raised low notify
  listed EU listed, US listed

story Infusion reaction and a long QT interval are listed among the reported terms
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  not serious
  drug suspect Besponsa on 2025-03-13
  reaction "Infusion related reaction" onset 2025-03-13
  reaction "Electrocardiogram QT prolonged" onset 2025-03-13
expect reaction raised information silent
  listed EU listed, US listed
  onset 0 days, within the window

story An amendment corrects and starts no clock
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
  clocks eu_serious 2025-03-29
at 2025-03-20T08:00:00Z report C1 version 2
  received 2025-03-20
  status amendment
  country DE
  reporter physician
  patient female age 44
  serious hospitalisation
  drug suspect Besponsa
  reaction "Hepatic veno-occlusive disease"
expect vod_sos revised high silent
  clocks eu_serious 2025-03-29

story The same version again changes nothing
source own receipt
at 2025-03-14T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect vod_sos raised high notify
at 2025-03-20T08:00:00Z report C1 version 1
  received 2025-03-14
  country DE
  reporter physician
  patient female age 45
  serious hospitalisation
  drug suspect Besponsa
  reaction "Venoocclusive liver disease"
expect fate repeated
expect due EU within_15_days 1 on 2025-03-14
