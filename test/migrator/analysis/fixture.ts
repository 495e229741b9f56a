/** A database in which every kind of relation has something that refers to it. */
export const FIXTURE = `
create type mood as enum ('good', 'bad');
create domain plain as text;
create domain positive as int check (value > 0);
-- In plpgsql: the planner would put the body of an SQL function in its place, and see a constant.
create function unsteady() returns int language plpgsql volatile as $$ begin return 1; end $$;
create function steady() returns int language sql immutable return 1;
create function stamp() returns trigger language plpgsql as $$ begin return new; end $$;
create table users (
  id int primary key, code varchar(50) not null, name text, title text, age int, spare int, amount numeric(8, 2), at timestamptz(3), ip cidr,
  known int constraint users_known check (known is not null),
  loose int constraint users_loose check (loose > 0) not null,
  feeling mood
);
alter table users add constraint users_age check (age > 0) not valid;
alter table users add constraint users_amount check (amount > 0);
create index users_name on users (title);
create unique index users_code on users (code);
create trigger users_stamp before update on users for each row execute function stamp();
create policy users_all on users;
create statistics users_statistics on name, age from users;
create table orders (
  id int, user_id int not null, other_id int,
  constraint orders_user foreign key (user_id) references users (id)
);
alter table orders add constraint orders_other foreign key (other_id) references users (id) not valid;
create rule orders_rule as on delete to orders do also nothing;
create table items (id int primary key, order_id int);
create table plain_items (like items including all);
create table events (id int not null, at int) partition by range (id);
create table events_1 partition of events for values from (1) to (100);
create table events_rest partition of events default;
create table events_2 (id int not null, at int);
create table logs (id int) partition by range (id);
create table logs_1 partition of logs for values from (1) to (100);
create table base (a int);
create table heir () inherits (base);
create table alone (a int);
create view names as select name from users;
create materialized view ages as select age from users where age is not null with data;
create unique index ages_age on ages (age);
create sequence counter;
create domain token as uuid default gen_random_uuid();
create domain own_token as token;
create domain one as int default 1;
create domain few as positive;
create function unsteady(int, int) returns int language plpgsql volatile as $$ begin return 1; end $$;
create operator %%% (leftarg = int, rightarg = int, function = unsteady);
create table words (
  id int primary key, code varchar(50), plain text collate "C", part text, lasted interval, millis interval(3), days interval day
);
create index words_code on words (lower(code));
create index words_part on words (id) where part <> '';
create index words_plain on words (plain);
insert into words select generate_series(1, 50);
create table kinds (id int primary key);
create table wares (id int, kind int references kinds, name text) partition by range (id);
create table wares_1 partition of wares for values from (1) to (100);
create table wares_2 (id int, kind int, name text);
create table wares_3 (id int, kind int references kinds, name text);
create index wares_name on wares (name);
create table keys (id int primary key) partition by range (id);
create table keys_1 partition of keys for values from (1) to (100);
create table keys_2 (id int not null);
create table key_users (id int references keys);
create table notes (id int primary key, body text);
create view short_notes as select id, body from notes where id <> 1;
create view shorter_notes as select id, body from short_notes;
create view used_notes as select id from notes where exists (select from kinds where kinds.id = notes.id);
create view diverted_notes as select id, body from notes;
create rule diverted as on update to diverted_notes do instead nothing;
create unlogged table scraps (id int);
insert into users select n, n::text, 'n' || n, 't', n, n, n, now(), '10.0.0.0/8', 1, 1, 'good' from generate_series(1, 50) n;
refresh materialized view ages;
insert into orders select n, n, n from generate_series(1, 50) n;
insert into items select n, n from generate_series(1, 50) n;
insert into events select n, n from generate_series(1, 99) n;
insert into events_2 values (201, 1);
insert into kinds values (1);
insert into wares select n, 1, 'a' from generate_series(1, 50) n;
insert into wares_2 values (101, 1, 'a');
insert into keys select generate_series(1, 50);
insert into keys_2 values (101);
insert into key_users values (1);
delete from key_users;
insert into notes select generate_series(1, 50);
`;
