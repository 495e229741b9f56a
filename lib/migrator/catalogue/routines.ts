import { ours, ownExtension, qualified } from "./sql";

/** Options of CREATE AGGREGATE, without defaults. */
const AGGREGATE = [
  "'sfunc', g.aggtransfn::regproc::text, 'stype', format_type(g.aggtranstype, null), 'sspace ' || nullif(g.aggtransspace, 0)",
  "'finalfunc ' || nullif(g.aggfinalfn, 0)::regproc, case when g.aggfinalextra then 'finalfunc_extra' end",
  "'finalfunc_modify ' || nullif(g.aggfinalmodify, 'r')::text, 'combinefunc ' || nullif(g.aggcombinefn, 0)::regproc",
  "'serialfunc ' || nullif(g.aggserialfn, 0)::regproc, 'deserialfunc ' || nullif(g.aggdeserialfn, 0)::regproc",
  "'initcond ' || quote_literal(g.agginitval), 'msfunc ' || nullif(g.aggmtransfn, 0)::regproc",
  "'minvfunc ' || nullif(g.aggminvtransfn, 0)::regproc, 'mstype ' || format_type(nullif(g.aggmtranstype, 0), null)",
  "'msspace ' || nullif(g.aggmtransspace, 0), 'mfinalfunc ' || nullif(g.aggmfinalfn, 0)::regproc",
  "case when g.aggmfinalextra then 'mfinalfunc_extra' end, 'mfinalfunc_modify ' || nullif(g.aggmfinalmodify, 'r')::text",
  "'minitcond ' || quote_literal(g.aggminitval), 'sortop ' || nullif(g.aggsortop, 0)::regoperator",
  "case g.aggkind when 'h' then 'hypothetical' end, 'parallel ' || nullif(p.proparallel, 'u')::text",
].join(", ");

/** A digest replaces the definition, which is too long for a line. */
const FUNCTIONS = `
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, null,
    ${qualified("n.nspname", "p.proname")} || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    case when p.prokind = 'a'
      then (select concat_ws(' ', ${AGGREGATE})
        from pg_aggregate g where g.aggfnoid = p.oid)
      else concat_ws(' ', 'returns ' || pg_get_function_result(p.oid), 'language ' || l.lanname,
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' end,
        case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
        case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
        'set ' || array_to_string(p.proconfig, ', '), 'digest ' || left(md5(pg_get_functiondef(p.oid)), 12)) end,
    obj_description(p.oid, 'pg_proc'), 0
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where ${ours("pg_proc", "p.oid", "n.nspname")}`;

const OPERATORS = `
  select 'operator', null, ${qualified("n.nspname", "o.oprname").replace("quote_ident(o.oprname)", "o.oprname")} || ' (' || coalesce(format_type(nullif(o.oprleft, 0), null), 'none') || ', ' || format_type(o.oprright, null) || ')',
    concat_ws(' ', 'function', o.oprcode::regproc::text,
      'commutator ' || nullif(o.oprcom, 0)::regoperator, 'negator ' || nullif(o.oprnegate, 0)::regoperator,
      'restrict ' || nullif(o.oprrest, 0)::regproc, 'join ' || nullif(o.oprjoin, 0)::regproc,
      case when o.oprcanhash then 'hashes' end, case when o.oprcanmerge then 'merges' end),
    obj_description(o.oid, 'pg_operator'), 0
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where ${ours("pg_operator", "o.oid", "n.nspname")}`;

/** Casts of initdb have no schema; low numbers tell them. */
const CASTS = `
  select 'cast', null, '(' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')',
    concat_ws(' ', case c.castmethod when 'f' then 'function ' || c.castfunc::regprocedure when 'i' then 'inout' else 'without function' end,
      case c.castcontext when 'a' then 'as assignment' when 'i' then 'as implicit' end),
    obj_description(c.oid, 'pg_cast'), 0
  from pg_cast c where c.oid >= 16384 and ${ownExtension("pg_cast", "c.oid")}`;

export const ROUTINES = [FUNCTIONS, OPERATORS, CASTS] as const;
