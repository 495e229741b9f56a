select 1;
select 'a
;';
-- c
select 2;-- old Mac; select 3;select $$;$$ -- end;
