# Days are dates of the site's calendar (ruling 4), whatever the date in UTC; and the site's own limits of normal.

prelude berlin
  site zone Europe/Berlin
  apart from monitoring, dosing, hepatic_hold
  2025-02-01 09:00 patient born 1985
  2025-02-01 10:00 dose 0.8 cycle 1 day 1
  2025-02-20 07:00 weight 70.0 kg
  2025-02-20 07:00 creatinine 80 umol/L
  2025-02-21 08:00 conditioning fludarabine, melphalan

prelude kolkata
  site zone Asia/Kolkata
  apart from monitoring, dosing, hepatic_hold
  2025-02-01 09:00 patient born 1985
  2025-02-01 10:00 dose 0.8 cycle 1 day 1
  2025-02-20 07:00 weight 70.0 kg
  2025-02-21 08:00 conditioning fludarabine, melphalan

story A transplant at half past eleven at night: day 21 begins at the site's midnight and ends at the next
begins berlin
# 1 March in Berlin and in UTC.
2025-03-01 23:30 transplant
2025-03-22 21:00 painful hepatomegaly present
2025-03-22 22:00 bilirubin 34 umol/L
expect vod_sos raised high notify
2025-03-22 23:59 ascites present
expect vod_sos upgraded high notify
  met ebmt2016_classical, baltimore
expect not applicable ebmt2016_late

story Half an hour later is the next date there, and the same date in UTC: still day 21 on 23 March
begins berlin
# 00:15 of 2 March in Berlin is 23:15 of 1 March in UTC, where 23 March is day 22.
2025-03-02 00:15 transplant
2025-03-23 08:00 painful hepatomegaly present
2025-03-23 08:00 ascites present
expect vod_sos raised high notify
2025-03-23 09:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_classical, baltimore
expect not applicable ebmt2016_late

story The first quarter of an hour of day 22 at the site is day 21 in UTC: late, and Baltimore no longer applies
begins berlin
2025-03-01 23:30 transplant
2025-03-22 21:00 painful hepatomegaly present
2025-03-22 21:00 weight 73.6 kg
expect vod_sos raised high notify
2025-03-23 00:15 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_late, ebmt2023_clinical
expect not applicable baltimore, ebmt2016_classical

story The night in which the clock is set forward: day 21 has 23 hours and ends at midnight all the same
begins berlin
2025-03-09 12:00 transplant
2025-03-30 01:30 painful hepatomegaly present
2025-03-30 03:30 ascites present
expect vod_sos raised high notify
# 23:30 in summer time is 21:30 in UTC.
2025-03-30 23:30 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_classical, baltimore
expect not applicable ebmt2016_late

story After the clock is set forward midnight is two hours before that of UTC
begins berlin
2025-03-09 12:00 transplant
2025-03-30 20:30 painful hepatomegaly present
2025-03-30 20:30 weight 73.6 kg
expect vod_sos raised high notify
# 00:15 of 31 March, day 22, is 22:15 of 30 March in UTC.
2025-03-31 00:15 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_late
expect not applicable baltimore, ebmt2016_classical

story A site half an hour off the hour
begins kolkata
# 1 March 19:30 in UTC.
2025-03-02 01:00 transplant
2025-03-23 22:00 painful hepatomegaly present
2025-03-23 22:00 ascites present
expect vod_sos raised high notify
2025-03-23 23:00 bilirubin 34 umol/L
expect vod_sos upgraded high notify
  met ebmt2016_classical, baltimore

story Six days are six dates: a dose late in the evening and one early in the morning
site zone Europe/Berlin
apart from monitoring, hepatic_hold, haematological_hold
2025-06-01 08:00 patient born 1985
# 31 May in UTC.
2025-06-01 00:30 dose 0.8 cycle 1 day 1 known 2025-06-01 08:00
2025-06-07 00:10 dose 0.5 cycle 1 day 8
expect nothing
expect not met wrong_day, interval

story Five dates are too few, though UTC counts six
site zone Europe/Berlin
apart from monitoring, hepatic_hold, haematological_hold
2025-06-01 08:00 patient born 1985
2025-06-02 00:30 dose 0.8 cycle 1 day 1
2025-06-07 10:00 dose 0.5 cycle 1 day 8
expect dosing raised low notify
expect met interval

story A transplant 100 dates before the first dose counts, though UTC counts 101
site zone Europe/Berlin
apart from monitoring, dosing, hepatic_hold
# 23:30 of 8 January in UTC.
2025-01-09 00:30 transplant
2025-04-18 07:00 patient born 1985
2025-04-19 10:00 dose 0.8 cycle 1 day 1
2025-04-20 10:00 bilirubin 15 umol/L
expect unknown ebmt2016_late

story The last hour of day 56 after the last dose is inside the watch window, though it is day 57 in UTC
site zone America/New_York
apart from monitoring, dosing, hepatic_hold
2025-04-18 07:00 patient born 1985
2025-05-03 10:00 dose 0.8 cycle 1 day 1
2025-06-28 22:30 bilirubin 45 umol/L
2025-06-28 23:00 ascites present
expect vod_sos raised high notify
  met ebmt2023_probable

story The first hour of day 57 is outside
site zone America/New_York
apart from monitoring, dosing, hepatic_hold
2025-04-18 07:00 patient born 1985
2025-05-03 10:00 dose 0.8 cycle 1 day 1
2025-06-28 23:30 bilirubin 45 umol/L
2025-06-29 00:30 ascites present
expect vod_sos raised medium notify
  met ebmt2023_probable

story A value without a limit of normal takes the site's, and says so
site alt ULN 40 U/L
apart from monitoring, vod_sos, hys_law
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 07:00 bilirubin 31.5 umol/L
expect nothing
2025-06-08 07:00 ALT 101 U/L no ULN
expect hepatic_hold raised low notify
  says "site default ULN"
expect met single_test_notice

story At the site's limit times two and a half exactly nothing is above it
site alt ULN 40 U/L
apart from monitoring, vod_sos, hys_law
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 07:00 bilirubin 31.5 umol/L
2025-06-08 07:00 ALT 100 U/L no ULN
expect nothing

story A limit of the message's own goes before the site's
site alt ULN 40 U/L
apart from monitoring, vod_sos, hys_law
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 07:00 bilirubin 31.5 umol/L
2025-06-08 07:00 ALT 101 U/L ULN 45
expect nothing

story Without either the hold cannot be judged
apart from monitoring, vod_sos, hys_law
2025-06-01 08:00 patient born 1985
2025-06-01 10:00 dose 0.8 cycle 1 day 1
2025-06-08 07:00 bilirubin 40 umol/L no ULN
2025-06-08 07:00 ALT 101 U/L no ULN
expect nothing
expect unknown hepatic_hold
