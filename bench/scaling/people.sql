-- $1 persons, each with a login.
with made as (
  insert into users (id, email)
  select md5(n::text)::uuid, 'somebody.' || n || '@example.org' from generate_series(1, $1::int) as n
  returning id
)
insert into auth_sessions (user_id, token_hash, ip_address, user_agent, expires_at)
select
  id, sha512(id::text::bytea), '203.0.113.7', 'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  now() + interval '1 day'
from made
