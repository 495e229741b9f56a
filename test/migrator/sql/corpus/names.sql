select a$b, a$1, _$$, x$$y, a$b$, tab$le.col$umn, "a$$b;";
select a$$ from b$$; select c$$;
select $1, $2+$3, $1::text, ($1), $10;
select $1;
prepare p(int, text) as select $1, $2 || '$1;';
select été, naïve, 漢字, _x, Ünïted, x٣ from тест;
select e, n, b, x, u, e$ from t; select u & 'a', u&"b", u &"c";
select a as e, 'x;' , b as "e;" , 'y';
select foou&'x;', _e'x' from t;
create table a­b (c int); select 1 as x y, 2 z $$; select 3 as ﻿, 4  ;
select 1 as 　;
select*from"a;b"where"c"=';'and'd'='e';
