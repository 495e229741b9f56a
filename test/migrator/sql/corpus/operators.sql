select 1 +-- comment; '
 2;
select 1 -- a ' quote; and $$
, 2 --
;
select 1 */* ; */ 2, 3 /**/+/***/ 4 /* ' */ /* " */ /* $$ */ /* -- */;
select 4 @-- ;
1, 2 <-/* ; */ 3, 5 <> 6, 7 != 8, 9 >= 1, 2 <= 3, @ 1, !! 2, |/ 4, ||/ 8, ~1, 1 # 2, 1 & 2, 1 | 2, 1 << 2, 1 >> 2;
select '{}'::jsonb ? 'a;', '{}'::jsonb ?| array['a'], '{}'::jsonb ?& array['b'], '{}'::jsonb @? '$.a;', '{}'::jsonb @@ '$.a > 1',
  '{}'::jsonb -> 'a' ->> 'b', '{}'::jsonb #> '{a}' #>> '{b}', '{}'::jsonb - 'a', '{}'::jsonb #- '{a}', '{}'::jsonb @> '{}', '{}'::jsonb <@ '{}';
select json_object('a' : 'b;', 'c':'d'), json_object('a' value 1);
select a ~ '^;$', a !~* 'x;', a ~~ '%;', a || ';' || b, a operator(pg_catalog.+) b, f(a => 1, b := 2), a <-> b, a @@ b, a *= b from t;
create operator @-@ (leftarg = int, rightarg = int, function = f);
create operator === (procedure = eq, leftarg = box, rightarg = box, commutator = ===);
drop operator ~~~ (int, none);
select 1 /* /* nested; */ ; /* /* deeper */ */ */ + 2; /* last; */
select 1 /*/ ; */ + 2 /*;**/ /***;***/ /*//*;*/*/ , 3 //*x;*/ 4;
select 'a' -- x
-- y
;-- z
; ;; /* only a comment */ ; -- and another;
select 1; -- no line end
