-- Every button teaches: an operation says what a person would have typed for it.
alter table operations add column typed text;
