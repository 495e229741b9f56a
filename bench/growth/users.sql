-- Persons $1 to $2, and three logins of each, of which the last one lives.
with made as (
  insert into users (id, email, created_at, updated_at)
  select bench.person(n), 'somebody.' || n || '@example.org', moment, moment
  from generate_series($1::bigint, $2) as n, bench.moment(n / {people}::float8) as moment
)
insert into auth_sessions (id, user_id, token_hash, ip_address, user_agent, created_at, expires_at, last_activity, revoked_at)
select
  bench.id(n, 30 + 2 * login, 1), bench.person(n), sha512(('token ' || n || '.' || login)::bytea), '203.0.113.7',
  'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0', made, made + interval '30 days', made,
  case when login < 3 then made + interval '1 day' end
from generate_series($1::bigint, $2) as n, generate_series(1, 3) as login,
  lateral (select bench.moment(1) - bench.hash(n, login) % 2592000 * interval '1 second') as at (made)
