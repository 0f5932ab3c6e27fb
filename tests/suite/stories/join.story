# What reports say of a patient whom the ward knows.

prelude treated
  apart from monitoring, dosing, hepatic_hold
  2025-04-18 07:00 patient born 1985
  2025-04-18 08:00 weight 70.0 kg
  2025-04-19 10:00 dose 0.8 cycle 1 day 1

story A reported ascites completes a definition
begins treated
2025-05-02 08:00 bilirubin 45 umol/L
at 2025-05-02T12:00:00Z report C1 version 1
  received 2025-05-02
  serious hospitalisation
  of the ward's patient
  drug suspect Besponsa on 2025-04-19
  reaction "Ascites" onset 2025-05-02
expect reaction raised low notify
expect vod_sos raised high notify
  only met ebmt2023_probable, new_ascites

story A nullified report takes its finding back
begins treated
2025-05-02 08:00 bilirubin 45 umol/L
at 2025-05-02T12:00:00Z report C1 version 1
  received 2025-05-02
  serious hospitalisation
  of the ward's patient
  drug suspect Besponsa on 2025-04-19
  reaction "Ascites" onset 2025-05-02
expect reaction raised low notify
expect vod_sos raised high notify
at 2025-05-03T12:00:00Z report C1 version 2
  received 2025-05-03
  status nullification
  of the ward's patient
expect reaction withdrawn low silent
expect vod_sos withdrawn high silent
