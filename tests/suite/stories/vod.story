# VOD/SOS at the bedside. Times are UTC, which is the site's time too (calendar.story has other sites). Limits of normal that no line names: bilirubin
# 21 umol/L (1.2 mg/dL), ALT and AST 40 U/L, ALP 120 U/L, creatinine 100 umol/L. Weight 70.0 kg is the baseline: 73.5 kg
# is 5 % above it, 71.4 kg is 2 %.

prelude transplanted
  apart from monitoring, dosing, hepatic_hold
  day 0 is 2025-03-01
  2025-02-01 09:00 patient born 1985
  2025-02-01 10:00 dose 0.8 cycle 1 day 1
  day -8 07:00 weight 70.0 kg
  day -8 07:00 creatinine 80 umol/L
  day -7 08:00 conditioning fludarabine, melphalan
  day 0 12:00 transplant

prelude treated
  apart from monitoring, dosing, hepatic_hold
  2025-04-18 07:00 patient born 1985
  2025-04-18 08:00 weight 70.0 kg
  2025-04-19 10:00 dose 0.8 cycle 1 day 1
  2025-04-26 10:00 dose 0.5 cycle 1 day 8
  2025-05-03 10:00 dose 0.5 cycle 1 day 15

story Day 21: probable at nine, classical, Baltimore and clinical at ten
begins transplanted
day 21 08:00 weight 73.6 kg
expect nothing
day 21 09:00 painful hepatomegaly present
expect vod_sos raised high notify
  only met ebmt2023_probable, weight_gain_with_pain
  unknown bilirubin, ascites
expect met ebmt2023_probable
expect unknown baltimore, ebmt2016_classical, ebmt2023_clinical, ebmt2023_proven
expect not applicable modified_seattle, ebmt2016_late
day 21 10:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2023_probable, ebmt2023_clinical, ebmt2016_classical, baltimore
expect met baltimore, ebmt2016_classical, ebmt2023_clinical
expect not applicable modified_seattle

story Day 22: the same is late, and Baltimore no longer applies
begins transplanted
day 22 08:00 weight 73.6 kg
day 22 09:00 painful hepatomegaly present
expect vod_sos raised high notify
  only met ebmt2023_probable, weight_gain_with_pain
expect unknown ebmt2016_late
day 22 10:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_late, ebmt2023_clinical
expect met ebmt2016_late, ebmt2023_clinical, ebmt2023_probable
expect not applicable baltimore, ebmt2016_classical, modified_seattle

story Two milligrams and the weight, nobody has examined
begins transplanted
day 10 08:00 bilirubin 2.0 mg/dL
expect nothing
day 10 08:30 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable
  unknown hepatomegaly, ascites
expect unknown baltimore, ebmt2016_classical, ebmt2023_clinical, modified_seattle

story The same after an examination that found nothing
begins transplanted
day 10 07:00 nothing found on examination
day 10 08:00 bilirubin 2.0 mg/dL
day 10 08:30 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable
expect not met baltimore, ebmt2016_classical, ebmt2023_clinical, modified_seattle

story Bilirubin 1.99 mg/dL is not two
begins transplanted
day 10 07:00 nothing found on examination
day 10 07:10 ultrasound without findings
day 10 08:00 bilirubin 1.99 mg/dL
day 10 08:30 weight 73.6 kg
expect not met ebmt2023_probable, baltimore, ebmt2016_classical, modified_seattle

story 33.9 umol/L is not 34
begins transplanted
day 10 07:00 nothing found on examination
day 10 07:10 ultrasound without findings
day 10 08:00 bilirubin 33.9 umol/L
day 10 08:30 weight 73.6 kg
expect not met ebmt2023_probable, baltimore

story 34.0 umol/L counts as two although it is 1.988 mg/dL
begins transplanted
day 10 08:00 bilirubin 34.0 umol/L
day 10 08:30 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable

story 73.5 kg over 70.0 kg is five percent and not more
begins transplanted
day 10 07:00 nothing found on examination
day 10 07:10 ultrasound without findings
day 10 08:00 bilirubin 1.9 mg/dL
day 10 08:30 weight 73.5 kg
expect nothing
day 10 08:40 bilirubin 2.0 mg/dL
expect not met ebmt2023_probable, baltimore, modified_seattle
day 10 12:00 weight 73.51 kg
expect vod_sos raised high notify
  only met ebmt2023_probable

story Above two milligrams and above two percent is modified Seattle alone
begins transplanted
day 20 07:00 nothing found on examination
day 20 07:10 ultrasound without findings
day 20 08:00 bilirubin 2.1 mg/dL
day 20 08:30 weight 71.4 kg
expect not met modified_seattle
day 20 12:00 weight 71.5 kg
expect vod_sos raised medium notify
  only met modified_seattle
expect met modified_seattle
expect not met ebmt2023_probable, baltimore

story The same on day 21 is beyond modified Seattle
begins transplanted
day 21 07:00 nothing found on examination
day 21 07:10 ultrasound without findings
day 21 08:00 bilirubin 2.1 mg/dL
day 21 08:30 weight 71.5 kg
expect not applicable modified_seattle
expect not met ebmt2023_probable

story Anicteric: enlarged liver and weight with normal bilirubin
begins transplanted
day 9 07:00 bilirubin 15 umol/L
day 9 07:30 ascites absent
day 9 07:30 ultrasound without findings
day 9 08:00 weight 71.6 kg
day 9 09:00 hepatomegaly present
expect vod_sos raised medium notify
  only met modified_seattle
expect not met baltimore, ebmt2016_classical, ebmt2023_clinical, ebmt2023_probable

story Fifty-six days after the last dose, without a transplant
begins treated
2025-06-28 08:00 bilirubin 45 umol/L
2025-06-28 09:00 ascites present
expect vod_sos raised high notify
  only met ebmt2023_probable, new_ascites
expect not applicable modified_seattle, baltimore, ebmt2016_classical, ebmt2016_late
expect unknown ebmt2023_clinical

story Fifty-seven days after the last dose it is medium
begins treated
2025-06-29 08:00 bilirubin 45 umol/L
2025-06-29 09:00 ascites present
expect vod_sos raised medium notify
  only met ebmt2023_probable, new_ascites

story A transplant 400 days before the first dose anchors nothing and takes no baseline away
apart from monitoring, dosing, hepatic_hold
2024-03-15 12:00 transplant
2025-04-18 07:00 patient born 1985
2025-04-18 08:00 weight 70.0 kg
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 09:00 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable
expect met ebmt2023_probable
expect not applicable modified_seattle, baltimore, ebmt2016_classical, ebmt2016_late

story A transplant 100 days before the first dose anchors, one of 101 days does not
apart from monitoring, dosing, hepatic_hold
2025-01-09 12:00 transplant
2025-04-18 07:00 patient born 1985
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-20 10:00 bilirubin 15 umol/L
expect unknown ebmt2016_late
expect not applicable ebmt2016_classical

story A transplant 101 days before the first dose does not anchor
apart from monitoring, dosing, hepatic_hold
2025-01-08 12:00 transplant
2025-04-18 07:00 patient born 1985
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-20 10:00 bilirubin 15 umol/L
expect not applicable ebmt2016_late, ebmt2016_classical

story A transplant 100 days before the first dose takes the baseline away, since its conditioning is not known
apart from monitoring, dosing, hepatic_hold
2025-01-09 12:00 transplant
2025-04-18 07:00 patient born 1985
2025-04-18 08:00 weight 70.0 kg
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 09:00 weight 73.6 kg
expect unknown ebmt2023_probable

story A transplant 101 days before the first dose leaves the baseline of the week before that dose
apart from monitoring, dosing, hepatic_hold
2025-01-08 12:00 transplant
2025-04-18 07:00 patient born 1985
2025-04-18 08:00 weight 70.0 kg
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 09:00 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable

story Of two transplants the one after the dose counts, with its own baseline
apart from monitoring, dosing, hepatic_hold
2024-03-15 12:00 transplant
2025-02-01 07:00 patient born 1985
2025-02-01 08:00 weight 80.0 kg
2025-02-01 10:00 dose 0.8 cycle 1 day 1
2025-02-21 07:00 weight 70.0 kg
2025-02-22 08:00 conditioning fludarabine, melphalan
2025-03-01 12:00 transplant
2025-03-10 08:00 bilirubin 34 umol/L
2025-03-10 09:00 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable
expect unknown baltimore, ebmt2016_classical

story Gilbert: the item stays met by number, the priority is medium until bilirubin is half above the patient's own
apart from monitoring, dosing
2025-04-18 07:00 patient born 1985
2025-04-18 07:00 condition gilbert
2025-04-18 08:00 weight 70.0 kg
2025-04-18 08:00 bilirubin 41 umol/L
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-05-01 07:00 nothing found on examination
2025-05-01 07:10 ultrasound without findings
2025-05-01 08:00 AST 35 U/L
2025-05-01 08:00 ALT 30 U/L
2025-05-01 08:00 weight 70.7 kg
2025-05-01 08:00 bilirubin 44 umol/L
expect nothing
expect not met hepatic_hold, ebmt2023_probable, single_test_notice
2025-05-02 08:00 weight 73.6 kg
expect vod_sos raised medium notify
  only met ebmt2023_probable
expect met gilbert_near_baseline
2025-05-02 12:00 bilirubin 62 umol/L
expect vod_sos upgraded high notify
expect not met gilbert_near_baseline

story Gilbert at 61.4 umol/L is still below one and a half of 41
apart from monitoring, dosing, hepatic_hold
2025-04-18 07:00 patient born 1985
2025-04-18 07:00 condition gilbert
2025-04-18 08:00 weight 70.0 kg
2025-04-18 08:00 bilirubin 41 umol/L
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-05-02 08:00 weight 73.6 kg
2025-05-02 12:00 bilirubin 61.4 umol/L
expect vod_sos raised medium notify
  only met ebmt2023_probable

story Severity counts criteria: bilirubin alone does not lift to very severe, with creatinine it does
begins transplanted
day 12 07:00 ascites present
expect vod_sos raised medium notify
day 12 08:00 painful hepatomegaly present
expect vod_sos upgraded high notify
day 12 09:00 ALT 240 U/L
expect vod_sos upgraded high notify
  severity severe
day 12 09:00 bilirubin 100 umol/L
expect vod_sos upgraded high notify
  severity severe
day 13 09:00 bilirubin 140 umol/L
day 13 09:00 ALT 240 U/L
expect nothing
day 13 10:00 creatinine 160 umol/L
expect vod_sos upgraded high notify
  severity very_severe

story Sepsis is named beside the verdict and lowers nothing
begins transplanted
day 8 06:00 condition infection
day 8 08:00 bilirubin 40 umol/L
day 8 09:00 weight 74.2 kg
expect vod_sos raised high notify
  only met ebmt2023_probable, modified_seattle
  says "nfection"

story GVHD of the liver on day 45, nothing else
begins transplanted
day 45 06:00 condition gvhd
day 45 07:00 nothing found on examination
day 45 07:10 ultrasound without findings
day 45 07:20 histology of VOD absent
day 45 07:20 HVPG of 10 mmHg or more absent
day 45 08:00 bilirubin 60 umol/L
day 45 08:30 weight 70.7 kg
expect nothing
expect not met ebmt2016_late, ebmt2023_probable, ebmt2023_clinical, ebmt2023_proven

story A negative biopsy disagrees and takes nothing back
begins transplanted
day 12 08:00 weight 73.6 kg
day 12 08:30 bilirubin 40 umol/L
expect vod_sos raised high notify
day 12 09:00 painful hepatomegaly present
expect vod_sos upgraded high notify
  met ebmt2023_clinical
day 13 10:00 histology of VOD absent
expect met histology_disagrees, ebmt2023_clinical
# Nobody has measured the pressure, which would prove by itself.
expect unknown ebmt2023_proven

story Histology proves, at any time and with nothing else
begins transplanted
day 30 08:00 histology of VOD present
expect vod_sos raised high notify
  only met ebmt2016_late, ebmt2023_proven

story A pressure of 10 mmHg proves
begins transplanted
day 15 08:00 HVPG of 10 mmHg or more present
expect vod_sos raised high notify
  only met ebmt2023_proven

story Late disease by ultrasound needs two of the four, and bilirubin is one of them
begins transplanted
day 24 07:00 nothing found on examination
day 24 07:30 histology of VOD absent
day 24 08:00 suggestive ultrasound present
day 24 08:10 bilirubin 20 umol/L
day 24 08:20 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable
expect not met ebmt2016_late
day 24 12:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_late
expect not met ebmt2023_clinical

story Items must be current together: 72 hours later the bilirubin is too old
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 13 08:01 weight 73.6 kg
expect unknown ebmt2023_probable, baltimore

story Items must be current together: at 72 hours the bilirubin still counts
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 13 08:00 weight 73.6 kg
expect vod_sos raised high notify
  only met ebmt2023_probable, modified_seattle

story A definition once met stays met in the episode when its values grow old
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 10 08:00 weight 73.6 kg
expect vod_sos raised high notify
until day 14 00:00
expect nothing
expect unknown ebmt2023_probable

story Suspicion: bilirubin doubled within 48 hours, above normal, by ten
begins transplanted
day 6 08:00 bilirubin 11 umol/L
day 8 08:00 bilirubin 22 umol/L
expect vod_sos raised medium notify
expect met bilirubin_doubled

story No suspicion: doubled in 48 hours and a minute, or by less than ten, or not above normal
begins transplanted
day 6 08:00 bilirubin 11 umol/L
day 8 08:01 bilirubin 22 umol/L
expect unknown bilirubin_doubled
day 10 08:01 bilirubin 10.5 umol/L
day 11 08:00 bilirubin 21 umol/L
expect not met bilirubin_doubled

story Suspicion comes before the definition
begins transplanted
day 6 08:00 bilirubin 16 umol/L
day 7 08:00 bilirubin 33 umol/L
expect vod_sos raised medium notify
day 8 08:00 weight 73.6 kg
expect nothing
day 9 08:00 bilirubin 40 umol/L
expect vod_sos upgraded high notify
  met ebmt2023_probable

story Defibrotide as prophylaxis says nothing, for an unknown reason little, as treatment something
begins transplanted
day 1 08:00 defibrotide as prophylaxis
expect nothing
day 3 08:00 defibrotide as unknown
expect vod_sos raised low notify
day 4 08:00 defibrotide as treatment
expect vod_sos upgraded medium notify

story Refractory platelets are a suspicion
begins transplanted
day 7 08:00 refractory platelets present
expect vod_sos raised medium notify

story Ascites that was there before the first dose is not new
apart from monitoring, dosing, hepatic_hold
2025-04-17 08:00 patient born 1985
2025-04-18 08:00 ascites present
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-23 08:00 ascites present
expect not met new_ascites

story A child: the sets for adults do not apply, and that is said
apart from monitoring, dosing, hepatic_hold
2025-04-18 07:00 patient born 2016
2025-04-18 08:00 weight 30.0 kg
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 09:00 weight 32.0 kg
expect not applicable ebmt2023_probable, ebmt2023_clinical, ebmt2023_proven, modified_seattle, baltimore

story The age is not known: judged, and said
apart from monitoring, dosing, hepatic_hold
2025-04-18 08:00 weight 70.0 kg
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 09:00 weight 73.6 kg
expect vod_sos raised high notify
  says "Age not known: adult criteria were evaluated."
expect met age_unknown

story Giving defibrotide is no worsening of the patient
begins transplanted
day 12 08:00 weight 73.6 kg
day 12 08:30 bilirubin 40 umol/L
expect vod_sos raised high notify
  grade 2
day 12 18:00 defibrotide as treatment
expect vod_sos revised high silent
  grade 3
# The patient's own worsening is said all the same: more than 5 mg/dL is grade 3.
day 13 08:30 bilirubin 90 umol/L
expect vod_sos upgraded high notify
  grade 3

story Day 0 is no baseline
apart from monitoring, dosing, hepatic_hold
day 0 is 2025-03-01
2025-02-01 09:00 patient born 1985
2025-02-01 10:00 dose 0.8 cycle 1 day 1
day -7 08:00 conditioning fludarabine, melphalan
day 0 08:00 weight 70.0 kg
day 0 12:00 transplant
day 10 07:00 painful hepatomegaly present
day 10 08:00 weight 77.0 kg
expect unknown ebmt2023_probable, baltimore, ebmt2016_classical
day 10 09:00 bilirubin 34 umol/L
expect vod_sos raised high notify
  unknown weight

story Never treated with the product: nobody is judged
2025-04-18 07:00 patient born 1985
2025-04-30 08:00 bilirubin 45 umol/L
2025-04-30 08:10 painful hepatomegaly present
2025-04-30 08:20 ascites present
2025-04-30 09:00 temperature 39.2 Cel
2025-04-30 09:10 ANC 0.2 10*9/L
expect nothing

story Conditioning with two alkylating agents and an age from 55 lift the severity; both are named
apart from monitoring, dosing, hepatic_hold
day 0 is 2025-03-01
2025-02-01 09:00 patient born 1965
2025-02-01 10:00 dose 0.8 cycle 1 day 1
day -8 07:00 weight 70.0 kg
day -8 07:00 creatinine 80 umol/L
day -7 08:00 conditioning busulfan, cyclophosphamide
day 0 12:00 transplant
day 5 09:00 painful hepatomegaly present
expect nothing
day 11 07:00 creatinine 100 umol/L
day 11 08:30 bilirubin 52 umol/L
expect vod_sos raised high notify
  severity severe
  says "conditioning with two alkylating agents, age from 55 years"

story One alkylating agent is no risk factor
apart from monitoring, dosing, hepatic_hold
day 0 is 2025-03-01
2025-02-01 09:00 patient born 1965
2025-02-01 10:00 dose 0.8 cycle 1 day 1
day -8 07:00 weight 70.0 kg
day -8 07:00 creatinine 80 umol/L
day -7 08:00 conditioning busulfan, fludarabine
day 0 12:00 transplant
day 5 09:00 painful hepatomegaly present
expect nothing
day 11 07:00 creatinine 100 umol/L
day 11 08:30 bilirubin 52 umol/L
expect vod_sos raised high notify
  severity moderate
  says "Risk factors on record: age from 55 years."
