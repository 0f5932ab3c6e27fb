# Haemorrhage by ruling 19.

prelude transplanted
  apart from monitoring, dosing, hepatic_hold
  day 0 is 2025-03-01
  2025-02-01 09:00 patient born 1985
  2025-02-01 10:00 dose 0.8 cycle 1 day 1
  day -8 07:00 weight 70.0 kg
  day -7 08:00 conditioning fludarabine, melphalan
  day 0 12:00 transplant

story Haemoglobin falls by 20 with two units and weight gain: information until melaena is seen
begins transplanted
day 9 16:00 haemoglobin 95 g/L
day 10 08:00 weight 73.15 kg
day 10 12:00 haemoglobin 75 g/L
expect haemorrhage raised information silent
day 10 13:00 red cells 2 units
expect haemorrhage revised information silent
expect unknown isth_major
expect met hb_fall, red_cell_units, dilution
day 10 18:00 overt bleeding present site melaena
expect haemorrhage upgraded high notify
expect met isth_major

story A fall of 19, one unit and melaena are short of major
begins transplanted
day 9 16:00 haemoglobin 95 g/L
day 10 12:00 haemoglobin 76 g/L
day 10 13:00 red cells 1 unit
expect nothing
day 10 18:00 overt bleeding present site melaena
expect haemorrhage raised medium notify
expect not met isth_major

story In grams per decilitre: 9.5 to 7.5 is a fall, to 7.51 is none
begins transplanted
day 9 16:00 haemoglobin 9.5 g/dL
day 10 12:00 haemoglobin 7.51 g/dL
expect not met hb_fall
day 10 14:00 haemoglobin 7.5 g/dL
expect haemorrhage raised information silent
expect met hb_fall

story Platelets of 6 are a risk and no bleeding; the scan shows it
begins transplanted
day 10 08:00 platelets 6 10*9/L
expect met low_platelets
expect unknown isth_major, overt_bleeding
expect nothing
day 10 12:00 overt bleeding present site "subdural haematoma"
expect haemorrhage raised high notify
expect met isth_major

story A nosebleed is overt and not major; without counts the rest is unknown
begins transplanted
day 10 08:00 overt bleeding present site nose grade 1
expect haemorrhage raised medium notify
expect unknown isth_major

story A nosebleed with known counts: major is unknown until it is known what was transfused
begins transplanted
day 9 08:00 haemoglobin 90 g/L
day 10 07:00 haemoglobin 88 g/L
day 10 08:00 overt bleeding present site nose grade 1
expect haemorrhage raised medium notify
expect unknown isth_major
expect not met hb_fall
day 10 09:00 red cells 1 unit
expect not met isth_major

story Bleeding that is denied
begins transplanted
day 9 16:00 haemoglobin 95 g/L
day 10 11:00 overt bleeding absent
day 10 12:00 haemoglobin 75 g/L
expect haemorrhage raised information silent
expect not met isth_major

story A fatal bleeding is major wherever it was
begins transplanted
day 10 08:00 overt bleeding present site stomach grade 5
expect haemorrhage raised high notify
expect met isth_major

story Two units within 48 hours, and overt bleeding
begins transplanted
day 8 08:01 red cells 1 unit
day 10 07:00 overt bleeding present site gums
expect haemorrhage raised medium notify
day 10 08:00 red cells 1 unit
expect haemorrhage upgraded high notify
expect met isth_major
