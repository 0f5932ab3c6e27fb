# Units, slips, late and corrected results.

prelude transplanted
  apart from monitoring, dosing, hepatic_hold
  day 0 is 2025-03-01
  2025-02-01 09:00 patient born 1985
  2025-02-01 10:00 dose 0.8 cycle 1 day 1
  day -8 07:00 weight 70.0 kg
  day -8 07:00 creatinine 80 umol/L
  day -7 08:00 conditioning fludarabine, melphalan
  day 0 12:00 transplant

story A slip of the unit is suspect until it is corrected
begins transplanted
day 9 21:00 bilirubin 1.1 mg/dL
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 34 mg/dL named slip
expect unknown ebmt2023_probable, baltimore
day 10 15:00 corrected slip bilirubin 34 umol/L
expect vod_sos raised high notify
  only met ebmt2023_probable

story A result that is corrected away withdraws what it raised
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 2.4 mg/dL named high
expect vod_sos raised high notify
day 10 15:00 corrected high bilirubin 1.4 mg/dL
expect vod_sos withdrawn high silent

story A result that is withdrawn withdraws what it raised
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 2.4 mg/dL named high
expect vod_sos raised high notify
day 10 15:00 withdrawn high
expect vod_sos withdrawn high silent

story Twenty milligrams are possible, more are suspect
begins transplanted
day 8 08:00 bilirubin 5 mg/dL
day 10 08:01 weight 73.6 kg
expect vod_sos raised high notify
day 11 09:00 bilirubin 20.1 mg/dL
expect unknown ebmt2023_probable
day 11 10:00 bilirubin 20 mg/dL
expect vod_sos upgraded high notify
  severity severe
expect met ebmt2023_probable

story A weight that jumps by 15 percent in a day is suspect
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 10 09:00 weight 70.0 kg
day 11 08:00 weight 80.5 kg
expect unknown ebmt2023_probable

story A weight of zero is suspect and is no loss
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 10 09:00 weight 0 kg
expect unknown ebmt2023_probable

story Bilirubin of urine or ascites is not that of serum
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 60 umol/L in urine
day 10 09:00 bilirubin 60 umol/L in ascites
expect unknown ebmt2023_probable
day 10 10:00 bilirubin 60 umol/L in serum
expect vod_sos raised high notify

story A bilirubin without a unit is no bilirubin
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 60
expect unknown ebmt2023_probable

story Below 40 may be below 34 or not
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin <40 umol/L
expect unknown ebmt2023_probable
day 10 10:00 bilirubin <34 umol/L
day 10 10:00 nothing found on examination
day 10 10:00 ultrasound without findings
expect not met ebmt2023_probable

story A result drawn on day 21 that is learned on day 22
begins transplanted
day 21 08:00 weight 73.6 kg
day 21 09:00 painful hepatomegaly present
expect vod_sos raised high notify
day 21 10:00 bilirubin 34 umol/L known day 22 09:00
expect vod_sos upgraded high notify
  met ebmt2023_clinical, ebmt2016_late

story Facts in another order end alike
begins transplanted
day 10 10:00 bilirubin 34 umol/L known day 10 10:30
day 10 08:00 weight 73.6 kg known day 10 11:00
expect vod_sos raised high notify
  only met ebmt2023_probable
day 10 09:00 painful hepatomegaly present known day 10 12:00
expect vod_sos upgraded high notify
  met ebmt2016_classical, baltimore, ebmt2023_clinical

story The same result sent twice says nothing twice
begins transplanted
day 10 08:00 weight 73.6 kg
day 10 09:00 bilirubin 40 umol/L named b
expect vod_sos raised high notify
day 10 09:00 bilirubin 40 umol/L named b known day 10 10:00
expect nothing

story A preliminary finding that is taken back
begins transplanted
day 10 08:00 bilirubin 40 umol/L
day 10 09:00 ascites present named scan
expect vod_sos raised high notify
day 10 14:00 withdrawn scan
expect vod_sos withdrawn high silent
