-- Words are looked for in any case of their letters and in fields too; in one text made for that it takes less than a tenth of the time.

-- Text, fields as name=value, trace, run and operation of the line, a line each, in small letters.
alter table log_lines add column words text not null default '';
update log_lines set words = lower(concat_ws(E'\n', text, trace, run, operation, (
  select string_agg(field.name || '=' || field.content, E'\n') from jsonb_each_text(fields) as field (name, content)
)));
