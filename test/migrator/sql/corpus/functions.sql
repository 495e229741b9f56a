-- Bodies in every kind of quotes, and in standard SQL.
create function plain() returns text language sql as 'select ''one;two''; select ''three''';
create function escaped() returns text language sql as E'select \'one;\\;two\'; select 1';
create function unicode() returns text language sql as U&'select ''\003B''; select 1' ;
create function dollars() returns text language sql as $$ select ';'; select $a$;$ $;$a$; $$;
create or replace function tagged() returns void language plpgsql as $body$
begin
  execute $q$ create table t (a int); drop table t; $q$;
  execute $q1$ do $$ begin perform ';'; end $$; $q1$;
  if true then perform 1; end if;
  case when true then null; else null; end case;
end;
$body$ set search_path = 'a;b';
create function übung() returns void language plpgsql as $ünïcode$ begin perform 1; end; $ünïcode$;
create procedure commits() language plpgsql as $_$ begin commit; rollback; end $_$;
do language plpgsql $$ declare a int := 1; begin a := a + 1; end $$;
do 'begin perform 1; perform ''2;''; end';
do $$ begin raise notice '/* no comment; -- nor this'; end $$ language plpgsql;

create function standard() returns int begin atomic select 1; select 2; end;
create function empty() returns void begin atomic end;
create function blank() returns void begin atomic ; ; select 1;; end;
create or replace procedure cased(a int) language sql
begin atomic
  insert into t values (case a when 1 then case when true then 2 end else 3 end);
  select case when a > 1 then (select case a when 2 then 3 end) else 4 end; -- end;
  select 1 as end; select 2 as "end", t.end, t.case from t as t;
  select 1 end; select 1 case;
  with w as (select 1) select * from w;
end;
create function returned(a int) returns int return case when a > 1 then a end;
create function nested() returns int begin atomic
  create function inner_one() returns int begin atomic select 1; end;
  create or replace procedure inner_two() begin atomic select 1; end;
  select 2;
end;
create function "begin"("atomic" int default 1) returns int begin /* a; */ atomic -- b;
  select "begin"("atomic"); end;
create view labels as select begin atomic from t;
create table "case" (begin int, atomic int);
select begin, atomic, case begin when 1 then atomic end from "case";
alter function standard() rename to s;
create function final() returns int begin atomic select 1; end
