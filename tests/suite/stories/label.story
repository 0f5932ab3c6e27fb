# The label's rules: holds, doses, Hy's law, expected tests.

prelude treated
  apart from monitoring, vod_sos, hys_law
  2025-06-01 08:00 patient born 1985
  2025-06-01 10:00 dose 0.8 cycle 1 day 1

prelude dosed
  apart from monitoring, hepatic_hold, haematological_hold
  2025-06-01 08:00 patient born 1985

story Bilirubin at its limit and ALT above its own: no hold, a low notice
begins treated
2025-06-08 07:00 bilirubin 31.5 umol/L
expect nothing
2025-06-08 07:00 ALT 101 U/L
expect hepatic_hold raised low notify
expect not met hepatic_hold
expect met single_test_notice

story Both above: the hold is met
begins treated
2025-06-08 07:00 ALT 101 U/L
expect hepatic_hold raised low notify
2025-06-08 07:10 bilirubin 32 umol/L
expect hepatic_hold upgraded medium notify
expect met hepatic_hold
expect not met hepatic_hold_over

story ALT at its limit and bilirubin above: no hold, a low notice
begins treated
2025-06-08 07:00 ALT 100 U/L
expect nothing
2025-06-08 07:00 AST 40 U/L
2025-06-08 07:00 bilirubin 32 umol/L
expect hepatic_hold raised low notify
expect not met hepatic_hold

story Without limits of normal nobody can say
begins treated
2025-06-08 07:00 ALT 101 U/L no ULN
2025-06-08 07:00 bilirubin 32 umol/L no ULN
expect unknown hepatic_hold
expect nothing

story A dose given while the hold is met
begins treated
2025-06-08 07:00 ALT 101 U/L
expect hepatic_hold raised low notify
2025-06-08 07:10 bilirubin 32 umol/L
expect hepatic_hold upgraded medium notify
2025-06-08 09:10 dose 0.5 cycle 1 day 8
expect dosing raised medium notify
  says "while"

story The hold ends when bilirubin and both enzymes are back
begins treated
2025-06-08 07:00 ALT 101 U/L
expect hepatic_hold raised low notify
2025-06-08 07:00 AST 90 U/L
2025-06-08 07:10 bilirubin 32 umol/L
expect hepatic_hold upgraded medium notify
2025-06-09 07:00 bilirubin 31.5 umol/L
expect not met hepatic_hold_over
2025-06-10 07:00 ALT 100 U/L
expect hepatic_hold resolved medium silent
2025-06-10 07:00 AST 80 U/L
2025-06-10 07:00 bilirubin 20 umol/L
expect met hepatic_hold_over

story A dose after five days, on day 14 which is in its window
begins dosed
2025-06-01 10:00 dose 0.8
2025-06-09 10:00 dose 0.5
expect nothing
2025-06-14 10:00 dose 0.5
expect dosing raised low notify
expect met interval
expect not met wrong_day

story A dose after six days
begins dosed
2025-06-01 10:00 dose 0.8
2025-06-07 10:00 dose 0.5
expect nothing
expect not met interval, wrong_day

story Day 12 is no day of the label
begins dosed
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-12 10:00 dose 0.5 cycle 1 day 12
expect dosing raised low notify
expect met wrong_day

story Ten percent above the dose is fine
begins dosed
2025-06-01 10:00 dose 0.88 cycle 1 day 1
expect nothing
expect not met over_dose

story More than ten percent above it is an over-dose
begins dosed
2025-06-01 10:00 dose 0.89 cycle 1 day 1
expect dosing raised medium notify
expect met over_dose

story A reduced dose is on label, raising it again is not
begins dosed
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 10:00 dose 0.5 cycle 1 day 8
2025-06-15 10:00 dose 0.5 cycle 1 day 15
2025-07-07 08:00 response none
2025-07-07 10:00 dose 0.6 cycle 2 day 1
expect dosing raised information silent
expect met under_dose
2025-08-04 10:00 dose 0.8 cycle 3 day 1
expect dosing resolved information silent
expect dosing raised low notify
expect met raised_after_reduction

story A seventh cycle
begins dosed
2025-06-01 08:30 response CR
2025-06-01 10:00 dose 0.5 cycle 6 day 1
2025-06-29 10:00 dose 0.5 cycle 7 day 1
expect dosing raised low notify
expect met cycles_above_limit

story A remission that is recorded after a dose makes no over-dose of it
begins dosed
2025-06-01 08:30 response none
2025-06-01 10:00 dose 0.8 cycle 2 day 1
2025-06-02 08:00 response CR
expect nothing
expect not met over_dose

story A remission of the day before a dose makes 0.8 an over-dose
begins dosed
2025-06-01 10:00 response CR
2025-06-02 10:00 dose 0.8 cycle 2 day 1
expect dosing raised medium notify
expect met over_dose

story A remission of the same moment counts
begins dosed
2025-06-01 10:00 response CR
2025-06-01 10:00 dose 0.8 cycle 2 day 1
expect dosing raised medium notify
expect met over_dose

story A remission of the minute after the dose does not count
begins dosed
2025-06-01 08:30 response none
2025-06-01 10:00 dose 0.8 cycle 2 day 1
2025-06-01 10:01 response CR
expect nothing
expect not met over_dose

story Each dose is held against its own remission
begins dosed
2025-06-01 08:30 response none
2025-06-01 10:00 dose 0.8 cycle 2 day 1
2025-06-20 10:00 response CR
2025-06-29 10:00 dose 0.8 cycle 3 day 1
expect dosing raised medium notify
expect met over_dose

story A fourth cycle without remission
begins dosed
2025-06-01 08:00 response none
2025-06-01 10:00 dose 0.8 cycle 3 day 1
expect nothing
2025-06-29 10:00 dose 0.8 cycle 4 day 1
expect dosing raised low notify
expect met cycles_without_response

story An infusion of 59 minutes is information, of 44 low
begins dosed
2025-06-01 10:00 dose 0.8 cycle 1 day 1 over 59
expect dosing raised information silent
expect met infusion_below_60_min
2025-06-08 10:00 dose 0.5 cycle 1 day 8 over 44
expect dosing resolved information silent
expect dosing raised low notify
expect met infusion_below_45_min

story Counts on day 1 of cycle 2
apart from monitoring, dosing
2025-05-30 08:00 patient born 1985
2025-05-31 08:00 ANC 1.5 10*9/L
2025-05-31 08:00 platelets 90 10*9/L
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 07:00 ANC 0.3 10*9/L
2025-06-08 07:00 platelets 20 10*9/L
2025-06-08 10:00 dose 0.5 cycle 1 day 8
2025-06-15 10:00 dose 0.5 cycle 1 day 15
expect nothing
2025-06-22 07:00 ANC 0.99 10*9/L
2025-06-22 07:00 platelets 60 10*9/L
2025-06-22 10:00 dose 0.5 cycle 2 day 1
expect haematological_hold raised medium notify
expect met haematological_hold

story Counts at their limits on day 1 of cycle 2
apart from monitoring, dosing
2025-05-30 08:00 patient born 1985
2025-05-31 08:00 ANC 1.5 10*9/L
2025-05-31 08:00 platelets 90 10*9/L
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-22 07:00 ANC 1.0 10*9/L
2025-06-22 07:00 platelets 50 10*9/L
2025-06-22 10:00 dose 0.5 cycle 2 day 1
expect nothing
expect not met haematological_hold

story Platelets that were transfused do not count
apart from monitoring, dosing
2025-05-30 08:00 patient born 1985
2025-05-31 08:00 ANC 1.5 10*9/L
2025-05-31 08:00 platelets 90 10*9/L
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-18 08:00 platelets transfused 1 unit
2025-06-22 07:00 ANC 1.2 10*9/L
2025-06-22 07:00 platelets 60 10*9/L
2025-06-22 10:00 dose 0.5 cycle 2 day 1
expect haematological_hold raised low notify
expect unknown haematological_hold

story Hy's law: three times, above two times, ALP below two times
apart from monitoring, dosing, hepatic_hold, vod_sos
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-05 07:00 ALP 239 U/L
2025-06-05 07:00 ALT 120 U/L
2025-06-05 07:10 bilirubin 42 umol/L
expect not met hys_law
2025-06-05 12:00 bilirubin 42.1 umol/L
expect hys_law raised high notify
expect met hys_law

story Hy's law is not met with an initial cholestasis, and not known without ALP
apart from monitoring, dosing, hepatic_hold, vod_sos
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-05 07:00 ALT 200 U/L
2025-06-05 07:10 bilirubin 50 umol/L
expect unknown hys_law
2025-06-05 08:00 ALP 240 U/L
expect not met hys_law
expect nothing

story Liver tests are overdue after a dose, and a quiet patient is not forgotten
apart from dosing, vod_sos
2025-05-31 07:00 patient born 1985
2025-05-31 08:00 weight 70.0 kg
2025-05-31 08:00 bilirubin 12 umol/L
2025-05-31 08:00 ALT 20 U/L
2025-05-31 08:00 AST 20 U/L
2025-05-31 08:00 ALP 80 U/L
2025-05-31 08:00 platelets 80 10*9/L
2025-05-31 08:00 ANC 1.5 10*9/L
2025-05-31 08:00 haemoglobin 90 g/L
2025-05-31 08:00 qtc 420 ms
2025-05-31 08:00 potassium 4.1 mmol/L
2025-05-31 08:00 magnesium 0.8 mmol/L
2025-06-01 10:00 dose 0.8 cycle 1 day 1
expect nothing
expect not met overdue_bilirubin_before_dose, overdue_ecg_before_first_dose

story A dose without the tests before it
apart from dosing, vod_sos
2025-05-31 07:00 patient born 1985
2025-05-31 08:00 weight 70.0 kg
2025-05-31 08:00 ALT 20 U/L
2025-05-31 08:00 AST 20 U/L
2025-05-31 08:00 ALP 80 U/L
2025-05-31 08:00 platelets 80 10*9/L
2025-05-31 08:00 ANC 1.5 10*9/L
2025-05-31 08:00 haemoglobin 90 g/L
2025-05-31 08:00 qtc 420 ms
2025-05-31 08:00 potassium 4.1 mmol/L
2025-05-31 08:00 magnesium 0.8 mmol/L
2025-06-01 10:00 dose 0.8 cycle 1 day 1
expect monitoring raised low notify
expect met overdue_bilirubin_before_dose
expect not met overdue_alt_before_dose

story Liver disease recorded before a dose is a contraindication of the EU label; mild disease is none
apart from monitoring, dosing, haematological_hold
2025-06-01 08:00 patient born 1985
2025-06-01 08:30 condition liver_disease
expect nothing
2025-06-01 10:00 dose 0.8 cycle 1 day 1
expect contraindicated_use raised medium notify
  only met liver_disease
  says "SmPC 4.3 (EU)"

story Hepatitis that had gone before the dose contraindicates nothing, hepatitis that came after it neither
apart from monitoring, dosing, haematological_hold
2025-05-01 08:00 patient born 1985
2025-05-01 08:30 condition hepatitis
2025-05-20 08:30 condition hepatitis absent
2025-06-01 10:00 dose 0.8 cycle 1 day 1
expect nothing
2025-06-03 08:30 condition hepatitis
expect nothing
2025-06-08 10:00 dose 0.5 cycle 1 day 8
expect contraindicated_use raised medium notify
  only met liver_disease

story An earlier VOD and a dose
apart from monitoring, dosing, haematological_hold
2025-05-01 08:00 patient born 1985
2025-05-01 08:30 condition earlier_vod
2025-06-01 10:00 dose 0.8 cycle 1 day 1
expect contraindicated_use raised medium notify
  only met earlier_vod

story A dose after the criteria of VOD/SOS were met
apart from monitoring, dosing, hepatic_hold, haematological_hold
2025-06-01 08:00 patient born 1985
2025-06-01 08:00 weight 70.0 kg
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-07 08:00 bilirubin 45 umol/L
2025-06-07 09:00 weight 73.6 kg
expect vod_sos raised high notify
2025-06-08 10:00 dose 0.5 cycle 1 day 8
expect contraindicated_use raised medium notify
  only met vod_criteria_met
