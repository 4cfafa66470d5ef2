-- Of the beds set up and staffed in a unit, those set up for dialysis: the bed balance by AMIS segment names them.
ALTER TABLE unit_beds ADD COLUMN dialysis INTEGER;
