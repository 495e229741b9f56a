select 'it''s;', '', '''', ''';''', 'a\', ';\';
select E'\'', e'\\', E'a\';b', E'it''s;', E'\x41\101\u0041\U00000041;', E'\\\';';
select E'a;\'b'
  'c;\'d', e'x'
'\\'
'\';' as continued;
select 'a;'
  'b;\' , 'c';
select E'line
;\
;' as lines;
select U&'d\0061t\+000061;', U&'d!0061t;' uescape '!', u&"d\0061t;a", U&"d*0061;" UESCAPE '*' from (select 1 as "data;a") x;
select N'national;', n'a''b', B'01', b'1'
'0', X'1F', x'ab' , b''
'01';
select $$;$$, $a$;$$;$a$, $$ $a$ ; $$, $a$ $b$ ; $b$ $$ ; $a$, $_1$;$_1$, $Ab$;$ab$;$Ab$;
select $$a$$"b;$$", $a$$b$;$a$, $a$;$$a$ , $é$;$é$, $漢字$;'$漢字$, $😀$;$😀$;
select name'x;', "name"';', text 'a;', date '2020-01-01', interval '1;' , point '(1,2)';
select '--', '/*', '*/', E'--\'', $$--$$, $$/*$$;
select 'tab	;', ' ', '​;', '😀;', '👩‍👩‍👧;', 'é;';
insert into t values ('multi
line; -- still
/* string'), ('x');
select "a""b;", "a;
b", """;""", "$$", "'" from (select 1 as "a""b;") q;
