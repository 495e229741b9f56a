import { all, as, type Body, parts, typeOf } from "../sql/tree";
import { isVolatile } from "./expressions";
import type { Schema, Volatility } from "./schema";

/** A domain over another one has its default and its constraints too. */
export function createDomain({ domainname, typeName, constraints }: Body<"CreateDomainStmt">, schema: Schema): void {
  const base = schema.domain(typeOf(typeName).type);
  const own = all("Constraint", constraints);
  schema.putDomain(all("String", domainname).at(-1)?.sval ?? "", {
    constrained: base?.constrained || own.some(({ contype }) => /^CONSTR_(CHECK|NOTNULL)$/.test(contype ?? "")),
    value: own.find(({ contype }) => contype === "CONSTR_DEFAULT")?.raw_expr ?? base?.value,
  });
}

export function createOperator({ kind, defnames, definition }: Body<"DefineStmt">, schema: Schema): void {
  if (kind !== "OBJECT_OPERATOR") return;
  const { arg } = all("DefElem", definition).find(({ defname }) => /^(function|procedure)$/.test(defname ?? "")) ?? {};
  const volatile = isVolatile(parts(arg).at(-1) ?? "", schema);
  schema.putOperator(all("String", defnames).at(-1)?.sval ?? "", volatile ? "volatile" : "stable");
}

export function createFunction({ funcname, options }: Body<"CreateFunctionStmt">, schema: Schema): void {
  const option = all("DefElem", options).find(({ defname }) => defname === "volatility");
  const volatility = as("String", option?.arg)?.sval ?? "volatile";
  schema.putFunction(all("String", funcname).at(-1)?.sval ?? "", volatility as Volatility);
}
