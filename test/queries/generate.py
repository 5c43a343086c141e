"""Random transactions of one tenant: what applications write, and what they should not try.

A transaction is a list of steps (kind, SQL, more):

    simple     a statement in the simple protocol
    copy       COPY FROM STDIN; more is what is copied
    prepared   a statement of the driver's in the extended protocol; more are its values. One with
               values is prepared once per connection
    settle     RELEASE or ROLLBACK TO a savepoint; always the latter after an error
    loose      as simple, but what it returns may differ from run to run (tokens, times)

`@name@` in SQL stands for a token or a canary of the tenant who runs it. What a statement does never
depends on the order in which rows lie in a table (no statement of several rows can fail in two
ways), on sequences, clocks or statistics, so that two runs of the same transactions differ only
where another tenant's rows made them differ.
"""
import random

TABLES = {  # what may be read anywhere: columns that are the tenant's own data
    'shop.docs': ('id', 'title', 'secret', 'n', 'serial_no', 'mark', 'tags', 'body', 'extra', 'state', 'kind'),
    'shop.notes': ('key', 'value', 'n', 'extra'),
    'shop.accounts': ('email', 'nick', 'balance', 'id'),
    'shop.parents': ('id', 'secret', 'state'),
    'shop.children': ('id', 'parent_id', 'other_id', 'secret', 'state'),
    'shop.doc_list': ('id', 'title', 'secret', 'state'),
    'shop.doc_list_invoker': ('id', 'title', 'secret', 'state'),
    'shop.family': ('id', 'secret', 'child', 'child_secret'),
    'shop.family_invoker': ('id', 'secret', 'child', 'child_secret'),
    'graph.checkpoints': ('thread_id', 'checkpoint_id', 'checkpoint', 'metadata'),
    'graph.checkpoint_blobs': ('thread_id', 'channel', 'version', 'blob'),
    'graph.store': ('prefix', 'key', 'value'),
    'shop.events': ('id', 'at', 'secret', 'state'),
    'shop.events_new': ('id', 'at', 'secret', 'state'),
    'shop.papers': ('id', 'secret', 'state'),
    'shop.letters': ('id', 'secret', 'state', 'sender'),
    'shop.log': ('line', 'at'),
}
NUMBERED = ('shop.docs', 'shop.doc_list', 'shop.doc_list_invoker', 'shop.parents', 'shop.children', 'shop.events',
            'shop.events_old', 'shop.papers', 'shop.letters')
FORGED = 6  # forged tokens that a tenant tries


class Generator:
    def __init__(self, seed, server_version):
        self.rng, self.version, self.cursors = random.Random(seed), server_version, 0

    # ---- small parts -----------------------------------------------------------------------------
    def one(self, *choices):
        return self.rng.choice(choices)

    def maybe(self, text, chance=0.5):
        return text if self.rng.random() < chance else ''

    def id(self):
        return self.rng.randint(0, 60)

    def ids(self, most=4):
        return self.rng.sample(range(0, 60), self.rng.randint(1, most))

    def state(self):
        """A state that no partial index holds: one statement moves rows out of these, or in, never both."""
        return self.one(0, 1, 2, 3, 4, 7, 8, 9)

    def value(self):
        return self.one("'@text@'", "'other'", "'@text@' || '.'", 'NULL', "repeat('x', 40)")

    def where(self, alias='t'):
        """A condition over id and state, or none of the row's columns."""
        return self.one(f'{alias}.id = {self.id()}', f'{alias}.id < {self.id()}', f'{alias}.state = {self.rng.randint(0, 9)}',
                        f'{alias}.id IN ({", ".join(map(str, self.ids()))})', f"{alias}.secret LIKE '%x%'",
                        f'{alias}.tenant_id = tenancy.current_tenant_id() AND {alias}.id > {self.id()}'
                        if alias == 'd' else f'{alias}.id % 7 = {self.rng.randint(0, 6)}',
                        f'EXISTS (SELECT FROM shop.parents x WHERE x.id = {alias}.id)', 'true', 'false')

    def returning(self, columns, alias='t'):
        return self.maybe(' RETURNING ' + ', '.join(f'{alias}.{name}' for name in columns))

    # ---- reading ---------------------------------------------------------------------------------
    def query(self):
        table = self.one(*TABLES)
        columns = TABLES[table]
        some = self.rng.sample(columns, self.rng.randint(1, len(columns)))
        return self.one(
            f'SELECT {", ".join(some)} FROM {table}',
            f'SELECT count(*), count(DISTINCT {some[0]}) FROM {table}',
            f'TABLE {table}',
            f'SELECT to_jsonb(t) FROM {table} t',
            f'SELECT a.{some[0]} FROM {table} a FULL JOIN {table} b ON a.{columns[0]} = b.{columns[0]}',
            f'SELECT {columns[0]}, row_number() OVER (ORDER BY t.*::text) FROM {table} t',
            f'SELECT {columns[0]} FROM {table} t WHERE EXISTS (SELECT FROM shop.docs d WHERE {self.where("d")})',
            f'SELECT * FROM shop.kinds k LEFT JOIN LATERAL (SELECT {some[0]} FROM {table} t '
            'ORDER BY t.*::text LIMIT k.kind) x ON true',
            f'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < (SELECT count(*) FROM {table})) '
            'SELECT max(n) FROM r',
            'SELECT shop.all_secrets()', f'SELECT shop.secret_of({self.id()})',
            f'SELECT {columns[0]} FROM {table} ORDER BY 1, {columns[1]} FOR {self.one("UPDATE", "SHARE", "KEY SHARE")}'
            if 'family' not in table and 'list' not in table else f'SELECT * FROM {table} WHERE secret IS NULL')

    def reading(self):
        yield 'savepoint', '', ()
        yield self.one('simple', 'simple', 'prepared'), self.query(), ()
        yield 'back', '', ()

    def copying_out(self):
        yield 'savepoint', '', ()
        yield 'simple', f'COPY ({self.query()}) TO STDOUT{self.maybe(" (FORMAT csv, HEADER)")}', ()
        table = self.one('shop.docs', 'shop.notes', 'graph.store', 'shop.log')
        yield 'simple', f'COPY {table} TO STDOUT', ()
        yield 'loose', f'COPY {table} TO STDOUT (FORMAT binary)', ()
        yield 'back', '', ()

    def copying_in(self):
        lines = ''.join(f'{number}\ttitle {number}\t@text@\n' for number in self.ids())
        yield 'savepoint', '', ()
        yield 'copy', f'COPY {self.one("shop.docs", "shop.doc_list")} (id, title, secret) FROM STDIN', lines
        yield 'back', '', ()

    # ---- INSERT ----------------------------------------------------------------------------------
    def doc(self, number=None):
        number = self.id() if number is None else number
        return (f"({number}, {self.one(f'{chr(39)}title {self.id()}{chr(39)}', 'NULL')}, {self.value()}, "
                f'{self.rng.choice((0, 1, 2, 3, 4, 5, 5, 5, 6, 6, 10))}, {self.rng.choice((1, 2, 3, 4, 5, 5, 6))})')

    def rows(self, make, most=3):
        return ', '.join(make(number) for number in self.ids(most))

    def conflict(self, targets, assignments, condition):
        target = self.one(*targets)
        if not target:
            return ' ON CONFLICT DO NOTHING'
        action = self.one('NOTHING', f'UPDATE SET {self.one(*assignments)}{self.maybe(f" WHERE {condition}")}')
        return f' ON CONFLICT {target} DO {action}'

    def insert(self):
        """One INSERT, mostly with ON CONFLICT."""
        make = self.one(self.insert_doc, self.insert_doc, self.insert_account, self.insert_note,
                        self.insert_view, self.insert_family, self.insert_graph, self.insert_event)
        return make()

    def insert_doc(self):
        source = self.one(f'VALUES {self.rows(self.doc)}', f'VALUES {self.doc()}',
                          f'SELECT id + {self.rng.randint(0, 30)}, title, secret, state, kind FROM shop.docs d '
                          f'WHERE {self.where("d")} ORDER BY id')
        conflict = self.conflict(
            ('', '(id)', '(tenant_id, id)', '(title) WHERE state = 5', '(lower(title), kind) WHERE state = 6',
             'ON CONSTRAINT docs_pkey', '(title)', '(id, title)', '(id) WHERE id > 0', '(secret)'),
            ('secret = EXCLUDED.secret', 'state = 1, secret = t.secret', 'title = EXCLUDED.title',
             '(secret, state) = (SELECT d.secret, d.state FROM shop.docs d WHERE d.id = EXCLUDED.id)',
             'secret = DEFAULT', 'tenant_id = EXCLUDED.tenant_id'),
            self.one('t.state <> EXCLUDED.state', 'EXCLUDED.id > 10', 't.secret IS NOT NULL', self.where()))
        return (f'INSERT INTO shop.docs AS t (id, title, secret, state, kind) {source}'
                f'{self.maybe(conflict, 0.85)}{self.returning(("id", "secret", "state"))}')

    def insert_account(self):
        rows = self.rows(lambda n: f"('mail{self.id()}', 'nick{self.id()}', {self.rng.randint(0, 9) * 10}, {n})")
        conflict = self.conflict(
            ('', '(email)', '(id)', '(nick, balance)', '(balance, nick)', 'ON CONSTRAINT accounts_by_email',
             'ON CONSTRAINT accounts_by_id', 'ON CONSTRAINT accounts_nick', '(tenant_id, email)', '(nick)'),
            ('balance = t.balance + 1', 'nick = EXCLUDED.nick', 'email = EXCLUDED.email'),
            self.one('t.balance < EXCLUDED.balance', 't.id = EXCLUDED.id'))
        return (f'INSERT INTO shop.accounts AS t (email, nick, balance, id) VALUES {rows}{conflict}'
                f'{self.returning(("id", "email", "balance"))}')

    def insert_note(self):
        rows = self.rows(lambda n: f"('k{n}', {self.value()}, {n})")
        conflict = self.conflict(('', '(key)', '(tenant_id, user_id, key)', '(tenant_id, key)', 'ON CONSTRAINT notes_pkey'),
                                 ('value = EXCLUDED.value', 'n = t.n + 1', 'user_id = EXCLUDED.user_id'),
                                 self.one('t.n > 5', 'EXCLUDED.value IS NOT NULL'))
        return f'INSERT INTO shop.notes AS t (key, value, n) VALUES {rows}{conflict}{self.returning(("key", "value", "n"))}'

    def insert_view(self):
        view = self.one('shop.doc_list', 'shop.doc_list_invoker')
        conflict = self.conflict(('', '(id)', '(title) WHERE state = 5', 'ON CONSTRAINT docs_pkey'),
                                 ('secret = EXCLUDED.secret', 'state = 3'), 't.id < 40')
        rows = self.rows(lambda n: f"({n}, 'title {n}', {self.value()}, {self.rng.randint(0, 6)})")
        return (f'INSERT INTO {view} AS t (id, title, secret, state) VALUES {rows}{self.maybe(conflict, 0.8)}'
                f'{self.returning(("id", "secret"))}')

    def insert_family(self):
        conflict = self.conflict(('', '(id)', '(tenant_id, id)'), ('secret = EXCLUDED.secret', 'state = EXCLUDED.state'),
                                 't.state < 5')
        if self.maybe('parents'):
            return (f'INSERT INTO shop.parents AS t (id, secret, state) VALUES '
                    f'{self.rows(lambda n: f"({n}, {self.value()}, {self.rng.randint(0, 9)})")}{conflict}'
                    f'{self.returning(("id", "secret"))}')
        return (f'INSERT INTO shop.children AS t (id, parent_id, other_id, secret) VALUES '
                f'{self.rows(lambda n: f"({n}, {self.id()}, NULL, {self.value()})", 2)}'
                f'{conflict.replace("EXCLUDED.state", "1")}{self.returning(("id", "parent_id"))}')

    def insert_event(self):
        """Into a partitioned table or one of its partitions."""
        table = self.one('shop.events', 'shop.events', 'shop.events_old')
        rows = self.rows(lambda n: f'({n % 20}, {self.id()}, {self.value()}, {self.rng.randint(0, 9)})')
        conflict = self.conflict(('', '(id, at)', '(at, id)', '(tenant_id, id, at)', 'ON CONSTRAINT events_pkey', '(id)'),
                                 ('secret = EXCLUDED.secret', 'state = t.state + 1', 'at = 40', 'tenant_id = EXCLUDED.tenant_id'),
                                 self.one('t.state < EXCLUDED.state', self.where()))
        return (f'INSERT INTO {table} AS t (id, at, secret, state) VALUES {rows}{self.maybe(conflict, 0.9)}'
                f'{self.returning(("id", "at", "secret"))}')

    def insert_graph(self):
        number = self.id()
        return self.one(
            'INSERT INTO graph.checkpoints AS t (thread_id, checkpoint_ns, checkpoint_id, checkpoint) '
            f"VALUES ('t{number % 4}', '', 'c{number}', '{{\"v\": \"@text@\"}}') "
            'ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET checkpoint = EXCLUDED.checkpoint',
            f"INSERT INTO graph.checkpoint_blobs VALUES ('t{number % 4}', '', 'ch{number % 20}', '1', 'b', '\\x00ff') "
            'ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING RETURNING channel, blob',
            f"INSERT INTO graph.store AS t (prefix, key, value) VALUES ('p{number % 3}', 'k{number}', '{{\"n\": {number}}}') "
            "ON CONFLICT (prefix, key) DO UPDATE SET value = t.value || EXCLUDED.value RETURNING key, value")

    def writing(self):
        make = self.one(self.insert, self.insert, self.update, self.delete, self.with_data)
        yield 'savepoint', '', ()
        yield self.one('simple', 'simple', 'prepared'), make(), ()
        yield 'settle', self.one('RELEASE s', 'ROLLBACK TO s'), ()

    # ---- UPDATE, DELETE, WITH --------------------------------------------------------------------
    def update(self):
        table, join = self.one(*NUMBERED), self.rng.randrange(4)
        values = ', '.join(f'({number}, {self.one(self.state(), 10)})' for number in self.ids())
        head = f'UPDATE {table} AS t SET '
        new = self.one(f'secret = {self.value()}', "secret = coalesce(t.secret, '') || '+'", f'state = {self.rng.randint(0, 10)}',
                       'secret = DEFAULT')
        if table == 'shop.events' and self.maybe('to another partition'):
            return (f'UPDATE shop.events AS t SET at = {self.id()} WHERE t.id = {self.rng.randrange(20)} AND t.at = '
                    f'{2 * self.rng.randrange(30)}{self.returning(("id", "at", "secret"))}')
        if join == 0:
            return f'{head}{new} WHERE {self.where()}{self.returning(("id", "secret"))}'
        if join == 1:
            return (f'{head}state = s.v FROM (VALUES {values}) s (id, v) WHERE t.id = s.id'
                    f'{self.maybe(" AND " + self.where())}{self.returning(("id", "state"))}')
        if join == 2:
            return (f'{head}secret = left(concat(p.secret, p.state), 40) FROM shop.parents p WHERE p.id = t.id AND '
                    f'{self.where("p")}{self.returning(("id", "secret"))}')
        return f'{head}{new} FROM shop.docs d WHERE {self.where("d")} AND {self.where()}'

    def delete(self):
        table = self.one(*NUMBERED)
        return self.one(
            f'DELETE FROM {table} AS t WHERE t.id = {self.id()}{self.returning(("id", "secret"))}',
            f'DELETE FROM {table} AS t USING shop.parents p WHERE p.id = t.id AND {self.where("p")} AND t.id > 45',
            f'DELETE FROM {table} AS t USING (VALUES ({self.id()}), ({self.id()})) s (id) WHERE t.id = s.id'
            f'{self.returning(("id",))}',
            f"DELETE FROM shop.notes WHERE key = 'k{self.id()}' RETURNING value",
            f"DELETE FROM graph.store WHERE (prefix, key) = ('p1', 'k{self.id()}') RETURNING *"
            .replace('*', 'value'))

    def with_data(self):
        return self.one(
            f'WITH gone AS (DELETE FROM shop.children c WHERE c.id = {self.id()} RETURNING c.id, c.secret) '
            'INSERT INTO shop.log SELECT secret, id FROM gone RETURNING line',
            f'WITH made AS ({self.insert_doc()}) SELECT count(*) FROM shop.docs'
            if self.maybe('plain') else f'WITH made AS ({self.insert_note()}) SELECT count(*) FROM shop.notes',
            f'WITH changed AS (UPDATE shop.parents SET state = 7 WHERE id < {self.id()} RETURNING id, secret), '
            'kept AS (INSERT INTO shop.log SELECT secret, id FROM changed RETURNING at) SELECT sum(at) FROM kept',
            f'WITH d AS (DELETE FROM shop.accounts WHERE id = {self.id()} RETURNING *) SELECT email, balance FROM d')

    # ---- MERGE -----------------------------------------------------------------------------------
    def matched(self, numbered, condition):
        change = self.one('UPDATE SET state = 2', f'UPDATE SET secret = {self.value()}', 'DELETE', 'DO NOTHING',
                          'UPDATE SET state = s.v' if numbered else 'UPDATE SET state = 3')
        return f' WHEN MATCHED{condition} THEN {change}'

    def merge(self):
        """MERGE into a table with id, secret and state; a source row per id, so that its order is nothing."""
        table = self.one('shop.docs', 'shop.docs', 'shop.parents', 'shop.children', 'shop.events', 'shop.events_new')
        values = ', '.join(f'({number}, {self.state()})' for number in self.ids())
        on = self.one('t.id = s.id', 't.id = s.id', f't.id = s.id AND {self.where()}', 'true', 'true', 'false', 's.id = 1',
                      't.secret IS NULL', 't.tenant_id = tenancy.current_tenant_id() AND t.id = s.id')
        numbered = 't.id = s.id' in on
        source = f'(VALUES {values}) s (id, v)' if numbered else f'(VALUES (1, {self.state()})) s (id, v)'
        if numbered and self.maybe('from a table', 0.2):
            source = '(SELECT id, state % 5 AS v FROM shop.parents) s'
        conditions = ([], [self.maybe(f' AND {self.where()}', 0.3)], [f' AND {self.where()}', ''])
        clauses = [self.matched(numbered, condition) for condition in self.one(*conditions)]
        if self.version >= 170000 and self.maybe('by source', 0.4):
            clauses.append(f' WHEN NOT MATCHED BY SOURCE AND {self.where()} THEN {self.one("DELETE", "UPDATE SET state = 4")}')
        if not clauses or self.maybe('insert'):
            insert = {'children': 'INSERT (id, parent_id, secret) VALUES (s.id + 100, s.id, NULL)',
                      'events': f'INSERT (id, at, secret, state) VALUES (s.id, {self.id()}, {self.value()}, s.v)',
                      'events_new': 'INSERT (id, at, state) VALUES (s.id, 100, s.v)'}.get(
                          table.split('.')[1], f'INSERT (id, secret, state) VALUES (s.id + 100, {self.value()}, s.v)')
            clauses.append(f' WHEN NOT MATCHED{self.maybe(" AND s.v > 3", 0.3)} THEN {self.one(insert, insert, "DO NOTHING")}')
        returning = self.maybe(' RETURNING merge_action(), t.id, t.secret') if self.version >= 170000 else ''
        return f'MERGE INTO {table} AS t USING {source} ON {on}{"".join(clauses)}{returning}'

    def driver(self):
        """Statements that a driver prepares once and runs for every caller."""
        yield 'savepoint', '', ()
        number = str(self.id())
        yield self.one(
            ('prepared', 'INSERT INTO shop.docs AS t (id, secret) VALUES ($1::int, $2) ON CONFLICT (id) DO UPDATE '
             'SET secret = EXCLUDED.secret RETURNING t.id, t.secret', (number, '@text@')),
            ('prepared', 'SELECT secret FROM shop.docs WHERE id > $1::int', (number,)),
            ('prepared', 'MERGE INTO shop.docs t USING (SELECT $1::int AS id) s ON t.id = s.id '
             'WHEN MATCHED THEN UPDATE SET secret = $2 WHEN NOT MATCHED THEN INSERT (id, secret) VALUES (s.id, $2)',
             (number, '@text@')),
            ('prepared', 'MERGE INTO shop.parents t USING (SELECT $1::int AS id) s ON true '
             'WHEN MATCHED THEN UPDATE SET state = s.id', (number,)),
            ('prepared', "INSERT INTO shop.notes AS t (key, value) VALUES ('k' || $1::text, $2) "
             'ON CONFLICT (key) DO UPDATE SET n = t.n + 1', (number, '@text@')),
            ('prepared', 'WITH d AS (DELETE FROM shop.parents WHERE id = $1::int + 30 RETURNING *) SELECT secret FROM d', (number,)))
        yield 'settle', self.one('RELEASE s', 'ROLLBACK TO s'), ()

    def merging(self):
        yield 'savepoint', '', ()
        yield self.one('simple', 'prepared'), self.merge(), ()
        yield 'settle', self.one('RELEASE s', 'ROLLBACK TO s'), ()

    # ---- cursors ---------------------------------------------------------------------------------
    def cursor(self):
        self.cursors += 1
        name, table = f'c{self.cursors}', self.one('shop.docs', 'shop.parents', 'shop.children',
                                                       'shop.papers', 'shop.doc_list_invoker')
        writes = self.maybe('writes')
        order = f'SELECT t.id, t.secret FROM {table} t WHERE {self.where()} ORDER BY t.id'
        yield 'savepoint', '', ()
        yield 'simple', (f'DECLARE {name} CURSOR FOR {order} FOR UPDATE' if writes else
                         f'DECLARE {name} {self.one("", "SCROLL ", "NO SCROLL ", "INSENSITIVE ")}CURSOR FOR {order}'), ()
        for _ in range(self.rng.randint(1, 6)):
            where = self.one('NEXT', 'NEXT', 'NEXT', '1', 'FORWARD 2', 'ALL', '0') if writes else self.one(
                'NEXT', 'PRIOR', 'FIRST', 'LAST', 'ABSOLUTE 3', 'RELATIVE -1', 'BACKWARD 2', 'ALL', 'FORWARD ALL', '5')
            yield 'simple', f'{self.one("FETCH", "FETCH", "MOVE")} {where} FROM {name}', ()
            if writes and table != 'shop.doc_list_invoker':
                yield 'savepoint', '', ()
                yield 'simple', self.one(f'UPDATE {table} SET state = 2 WHERE CURRENT OF {name} RETURNING id, secret',
                                         f'DELETE FROM {table} WHERE CURRENT OF {name} RETURNING id'), ()
                yield 'settle', self.one('RELEASE s', 'RELEASE s', 'ROLLBACK TO s'), ()
        yield self.one('simple', 'nothing'), f'CLOSE {name}', ()
        yield 'settle', self.one('RELEASE s', 'ROLLBACK TO s'), ()

    # ---- blocks and identities -------------------------------------------------------------------
    def block(self):
        """PL/pgSQL with exception blocks around random statements."""
        body = ''.join(f'BEGIN {statement}; EXCEPTION WHEN others THEN NULL; END; '
                       for statement in (self.update(), self.delete(), self.merge()) if ' RETURNING ' not in statement)
        yield 'simple', f'DO $do$ BEGIN {body}NULL; END $do$', ()

    def attempt(self):
        """Enters, leaves, and tries what must not work."""
        token = self.one('@own@', '@own@', '@expired@', f'@forged{self.rng.randrange(FORGED)}@', '', 'x', '@own@x')
        enter = self.one(f"SELECT (tenancy.login('{token}')).tenant_id", f"SET LOCAL tenancy.token = '{token}'",
                         f"SELECT set_config('tenancy.token', '{token}', true)",
                         f"SELECT (tenancy.login('{token}', tenant_id => '@other tenant@')).user_id",
                         f"SELECT (tenancy.login('{token};tenant=@other tenant@')).user_id")
        for statement in self.rng.sample((
                enter, 'SELECT tenancy.logout()', 'RESET tenancy.token', "SET LOCAL tenancy.token = ''",
                f'SELECT shop.try($t${enter}$t$)', "SELECT current_setting('tenancy.token')",
                'SET LOCAL row_security = off', "SET LOCAL tenancy.scope = 'session'",
                "SELECT shop.try('SET LOCAL row_security = off; SELECT FROM shop.docs')",
                'SELECT (tenancy.whoami()).tenant_id', "SELECT set_config('tenancy.on_missing_identity', 'empty', true)",
                'SET LOCAL ROLE app_owner'), self.rng.randint(1, 3)):
            yield 'savepoint', '', ()
            yield 'loose', statement, ()
            yield 'simple', self.query(), ()
            yield 'settle', self.one('RELEASE s', 'ROLLBACK TO s'), ()
        yield 'loose', "SELECT FROM tenancy.login('@own@')", ()

    def trespass(self):
        """Names another tenant."""
        other = "'@other tenant@'"
        yield 'savepoint', '', ()
        yield 'simple', self.one(
            f"INSERT INTO shop.docs (tenant_id, id) VALUES ({other}, {self.id()}) ON CONFLICT DO NOTHING",
            f'INSERT INTO shop.docs AS t (tenant_id, id) VALUES ({other}, {self.id()}) '
            'ON CONFLICT (tenant_id, id) DO UPDATE SET secret = t.secret RETURNING t.secret',
            f'UPDATE shop.docs SET tenant_id = {other} WHERE id = {self.id()}',
            f'SELECT secret FROM shop.docs WHERE tenant_id = {other}',
            f'DELETE FROM shop.docs WHERE tenant_id = {other} RETURNING secret',
            f'MERGE INTO shop.docs t USING (VALUES (1)) s (id) ON t.tenant_id = {other} WHEN MATCHED THEN DELETE',
            f'MERGE INTO shop.parents t USING (VALUES ({self.id()})) s (id) ON false '
            f'WHEN NOT MATCHED THEN INSERT (tenant_id, id) VALUES ({other}, s.id)',
            f"INSERT INTO shop.notes (user_id, key) VALUES ('@other user@', 'k{self.id()}') ON CONFLICT DO NOTHING",
            f"SELECT value FROM shop.notes WHERE user_id = '@other user@'",
            f'INSERT INTO shop.children (tenant_id, id, parent_id) VALUES ({other}, {self.id()}, 1)'), ()
        yield 'back', '', ()

    # ---- a transaction ---------------------------------------------------------------------------
    def transaction(self):
        if self.rng.random() < 0.04:  # nobody: without a transaction the proxy does not enter
            return [('simple', self.one(self.query(), self.merge(), self.insert(), self.update(), self.delete()), ())]
        kinds = (self.reading, self.driver, self.driver, self.copying_out, self.copying_in, self.writing, self.writing, self.writing, self.merging,
                 self.merging, self.cursor, self.block, self.attempt, self.trespass)
        steps = [('simple', self.one('BEGIN', 'BEGIN', 'START TRANSACTION ISOLATION LEVEL REPEATABLE READ') + ' /* @me@ */', ())]
        for _ in range(self.rng.randint(1, 6)):
            steps += self.rng.choice(kinds)()
        named = {'savepoint': 'SAVEPOINT s', 'back': 'ROLLBACK TO s'}
        steps = [('simple', named[kind], ()) if kind in named else (kind, sql, more)
                 for kind, sql, more in steps if kind != 'nothing']
        return steps + [('simple', self.one('COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK'), ())]
