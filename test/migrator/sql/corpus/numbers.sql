select 1, 1., .5, 1.5, 1e5, 1E-5, 1.5e+10, .5e1, 1_000, 1_000.5_0, 0x1F, 0X1f, 0o17, 0b1010, 0x_FF, 1_0e1_0;
select 1;select 2.;select .3;select 4e1;select 0x1F;select 5
;
select '1'::int, 1::text, - -1, -(-1), +1, 1+-1, 2-+3, 2^-1, 1<-1, 1 - - 1;
select array[1, 2], array[[1, 2], [3, 4]], '{1,2;3}'::int[], array['a;', E'b\';'];
select a[1], a[1:2], a[:2], a[1:], a[:], a['1':'2'], a["x":"y"];
