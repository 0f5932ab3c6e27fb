# Febrile neutropenia. The last dose was on 1 May.

prelude treated
  apart from monitoring, dosing, haematological_hold
  2025-05-01 09:00 patient born 1985
  2025-05-01 10:00 dose 0.8 cycle 1 day 1

story 101.0 Fahrenheit is IDSA's and not CTCAE's
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 101.0 degF
expect febrile_neutropenia raised high notify
  met idsa_2010
expect met idsa_2010
expect unknown ctcae_v5

story 101.1 Fahrenheit is CTCAE's too
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 101.1 degF
expect febrile_neutropenia raised high notify
  met ctcae_v5, idsa_2010
expect met ctcae_v5, idsa_2010

story 31.4 "degF" is a slip and no verdict
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 31.4 degF
expect unknown ctcae_v5, idsa_2010, esmo_2016, sepsis_without_fever

story 38.3 Celsius: IDSA from it on, CTCAE and ESMO above it
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 38.3 Cel
expect febrile_neutropenia raised high notify
  only met idsa_2010
expect met idsa_2010
expect unknown ctcae_v5, esmo_2016

story 38.2 once is no fever yet, and what follows decides
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 38.2 Cel
expect unknown ctcae_v5, idsa_2010, esmo_2016
2025-05-10 08:30 temperature 37.4 Cel
expect not met ctcae_v5, idsa_2010, esmo_2016

story 38.0 for an hour: IDSA at 60 minutes, CTCAE after them, ESMO wants more than 38.0
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 38.0 Cel
2025-05-10 09:00 temperature 38.0 Cel
expect febrile_neutropenia raised high notify
  only met idsa_2010
expect unknown ctcae_v5
expect not met esmo_2016
2025-05-10 09:01 temperature 38.0 Cel
expect febrile_neutropenia revised high silent
  met ctcae_v5
expect met ctcae_v5

story Twice above 38.0 within two hours is ESMO's
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 38.1 Cel
2025-05-10 08:40 temperature 38.1 Cel
expect febrile_neutropenia raised high notify
  only met esmo_2016

story Neutrophils of 0.5 are CTCAE's and nobody else's
begins treated
2025-05-10 06:00 ANC 500 /uL
2025-05-10 08:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify
  only met ctcae_v5
expect unknown idsa_2010, esmo_2016

story Neutrophils of 1.0 are nobody's unless they fall
begins treated
2025-05-09 06:00 ANC 1.0 10*9/L
2025-05-10 06:00 ANC 1.0 10*9/L
2025-05-10 08:00 temperature 39.0 Cel
expect not met ctcae_v5, idsa_2010, esmo_2016

story Expected to fall below 0.5 within 48 hours by the line through two counts
begins treated
2025-05-09 06:00 ANC 1.3 10*9/L
2025-05-10 06:00 ANC 0.9 10*9/L
2025-05-10 08:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify
  met ctcae_v5, idsa_2010, esmo_2016

story Fever at night, the count is 68 hours old: high, and white cells prove it at three
begins treated
2025-05-07 06:10 ANC 0.9 10*9/L
2025-05-10 02:10 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
expect met fever_anc_unknown
expect unknown ctcae_v5, idsa_2010, esmo_2016
2025-05-10 03:00 WBC 0.4 10*9/L
expect febrile_neutropenia upgraded high notify
  met ctcae_v5, idsa_2010, esmo_2016

story Fever at night, and the count that comes is 1.8
begins treated
2025-05-07 06:10 ANC 0.9 10*9/L
2025-05-10 02:10 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
2025-05-10 03:00 ANC 1.8 10*9/L
expect febrile_neutropenia resolved high silent
expect not met ctcae_v5, idsa_2010, esmo_2016, fever_anc_unknown

story White cells of 0.8 prove neutrophils below 1.0 and not below 0.5
begins treated
2025-05-10 06:00 WBC 0.8 10*9/L
2025-05-10 08:00 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
  only met ctcae_v5
expect unknown idsa_2010, esmo_2016

story White cells of 5.0 prove nothing
begins treated
2025-05-10 06:00 WBC 5.0 10*9/L
2025-05-10 08:00 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
expect unknown ctcae_v5
expect met fever_anc_unknown

story Neutrophils from white cells and their share
begins treated
2025-05-10 06:00 WBC 2.0 10*9/L
2025-05-10 06:00 neutrophils % 20 %
2025-05-10 08:00 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
  met ctcae_v5, idsa_2010, esmo_2016

story A count of 450 without its unit is no count, one in 10*9/L is a slip
begins treated
2025-05-10 06:00 ANC 450
2025-05-10 06:10 ANC 450 10*9/L
2025-05-10 08:00 temperature 38.6 Cel
expect febrile_neutropenia raised high notify
expect met fever_anc_unknown

story Forty-three days after the dose fever with an unknown count is no alert of ours
begins treated
2025-06-13 08:00 temperature 39.0 Cel
expect not met fever_anc_unknown
expect nothing

story Forty-two days after the dose it is
begins treated
2025-06-12 08:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify

story Possible sepsis without fever: cold, with few neutrophils
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 36.0 Cel
expect unknown sepsis_without_fever
2025-05-10 08:10 SBP 120 mm[Hg]
expect not met sepsis_without_fever
2025-05-10 09:00 temperature 35.9 Cel
expect febrile_neutropenia raised high notify
  says "without fever"

story Possible sepsis without fever: low pressure, with few neutrophils
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 37.0 Cel
2025-05-10 08:00 SBP 90 mm[Hg]
expect not met sepsis_without_fever
2025-05-10 09:00 SBP 89 mm[Hg]
expect febrile_neutropenia raised high notify

story Fever within 24 hours of an infusion: its reaction is shown beside and never instead
begins treated
2025-05-01 16:00 ANC 0.4 10*9/L
2025-05-01 18:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify
  says "nfusion"
expect met fever_after_infusion

story Spikes inside an episode say nothing; 48 hours below 38.0 with recovered neutrophils close it
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify
2025-05-10 14:00 temperature 37.2 Cel
2025-05-10 20:00 temperature 39.4 Cel
expect nothing
2025-05-11 08:00 temperature 37.0 Cel
2025-05-12 08:00 temperature 36.9 Cel
2025-05-12 18:00 ANC 0.6 10*9/L
2025-05-12 19:00 temperature 36.9 Cel
expect not met fn_over
2025-05-12 20:00 temperature 36.9 Cel
expect febrile_neutropenia resolved high silent

story Without recovered neutrophils it takes 72 hours
begins treated
2025-05-10 06:00 ANC 0.4 10*9/L
2025-05-10 08:00 temperature 39.0 Cel
expect febrile_neutropenia raised high notify
2025-05-11 08:00 temperature 37.0 Cel
2025-05-12 06:00 ANC 0.3 10*9/L
2025-05-12 08:00 temperature 37.0 Cel
2025-05-13 06:00 ANC 0.3 10*9/L
2025-05-13 07:00 temperature 37.0 Cel
expect not met fn_over
2025-05-13 08:00 temperature 37.0 Cel
expect febrile_neutropenia resolved high silent
