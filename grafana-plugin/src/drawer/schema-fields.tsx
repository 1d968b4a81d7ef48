import { Field, Input, RadioButtonGroup, Switch, TextArea } from "@grafana/ui";
import type { ReactElement } from "react";
import { t } from "../translate.ts";

/** The parts of JSON Schema that inputs of commands use. */
interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly items?: { readonly type?: string };
}
interface InputSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

export interface FieldOf {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly isRequired: boolean;
}

/** The fields of a command's input, in the order they are declared. */
export function fieldsOf(input: Readonly<Record<string, unknown>>): FieldOf[] {
  const { properties = {}, required = [] } = input as InputSchema;
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    isRequired: required.includes(name) && schema.default === undefined,
  }));
}

interface SchemaFieldProps {
  readonly field: FieldOf;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** One field of a form, made from its schema. */
export function SchemaField({ field, value, onChange }: SchemaFieldProps): ReactElement {
  const { name, schema, isRequired } = field;
  return (
    <Field label={name} description={schema.description} required={isRequired} htmlFor={`field-${name}`} noMargin>
      <Control field={field} value={value} onChange={onChange} />
    </Field>
  );
}

function Control({ field, value, onChange }: SchemaFieldProps): ReactElement {
  const { name, schema } = field;
  const id = `field-${name}`;
  if (schema.enum !== undefined) {
    const options = schema.enum.map((one) => ({ label: one, value: one }));
    return <RadioButtonGroup id={id} options={options} value={value as string} onChange={onChange} />;
  }
  if (schema.type === "boolean")
    return <Switch id={id} value={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (schema.type === "array")
    return (
      <TextArea
        id={id}
        rows={2}
        value={Array.isArray(value) ? value.join(" ") : ""}
        placeholder={t("form.words", "words with spaces between")}
        onChange={(event) => onChange(event.currentTarget.value.split(/\s+/))}
        onBlur={() => onChange((value as string[] | undefined)?.filter((word) => word !== ""))}
      />
    );
  const isNumber = schema.type === "integer" || schema.type === "number";
  return (
    <Input
      id={id}
      type={isNumber ? "number" : "text"}
      value={value === undefined || value === null ? "" : String(value)}
      onChange={(event) => onChange(readInput(event.currentTarget.value, isNumber))}
    />
  );
}

function readInput(text: string, isNumber: boolean): unknown {
  if (text === "") return undefined;
  return isNumber ? Number(text) : text;
}

/** What is sent: empty fields and empty words are left out. */
export function toInput(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const cleaned = Array.isArray(value) ? value.filter((word) => word !== "") : value;
      return cleaned === undefined || cleaned === "" ? [] : [[name, cleaned]];
    }),
  );
}
