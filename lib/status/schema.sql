select json_build_object('version', version, 'dirty', dirty) from public.schema_migrations
