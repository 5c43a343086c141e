"""Plays random transactions of one or more people, and writes down what each saw.

    play.py CONFIG OUTPUT

CONFIG (JSON): port, role, database, seed, server_version, transactions, and `people`, by name what
stands for `@name@` in their statements. Several take turns on one connection. OUTPUT has one line
(JSON) for each statement: whose it is, how it was sent, its SQL and what came back, rows in an order
of their own. Two runs of one seed can be compared line by line.
"""
import json
import re
import sys

import generate
import wire


class Player:
    def __init__(self, config):
        self.config, self.words = config, {}
        self.generators = {who: generate.Generator(f'{config["seed"]} {who}', config['server_version'])
                           for who in config['people']}
        self.connect()

    def connect(self):
        self.connection = wire.Connection(self.config['port'], self.config['role'], self.config['database'])
        self.names, self.status = {}, 'I'

    def spell(self, text):
        return re.sub(r'@([a-z0-9 ]+)@', lambda match: self.words[match[1]], text)

    def play(self, kind, sql, more):
        if kind == 'settle' and self.status == 'E':
            sql = 'ROLLBACK TO s'
        if kind != 'prepared':
            return self.connection.simple(self.spell(sql), self.spell(more).encode() if kind == 'copy' else b'')
        name = self.names.get(sql, '')
        if not name:
            name = f's{len(self.names)}' if more else ''
            answer = self.connection.prepare(name, self.spell(sql))
            if answer.errors:
                return answer
            if more:
                self.names[sql] = name
        return self.connection.execute([self.spell(value) for value in more], name)

    def line(self, kind, sql, more):
        try:
            answer = self.play(kind, sql, more)
        except (wire.Closed, OSError) as error:
            self.connect()
            return [kind, sql, more, 'closed', str(error)]
        self.status = answer.status
        if kind == 'loose':
            return [kind, sql, more, [state for state, _ in answer.errors], answer.status]
        copied = sorted(answer.copied.decode(errors='replace').splitlines())
        rows = sorted(answer.rows, key=lambda row: tuple(value or '' for value in row))
        return [kind, sql, more, answer.tags, rows, copied, answer.errors, answer.status]


def main(config_path, output_path):
    with open(config_path, encoding='utf-8') as file:
        player = Player(json.load(file))
    with open(output_path, 'w', encoding='utf-8') as output:
        for _ in range(player.config['transactions']):
            for who, generator in player.generators.items():
                player.words = player.config['people'][who] | {'me': who}
                for kind, sql, more in generator.transaction():
                    line = player.line(kind, sql, more)
                    output.write(json.dumps([who, *line]) + '\n')
    player.connection.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
