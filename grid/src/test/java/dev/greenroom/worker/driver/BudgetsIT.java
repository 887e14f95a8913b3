package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The budgets that a stock client and a real machine hardly exceed: a client that does not read, and a full
/// disk.
@Timeout(60)
class BudgetsIT {
    private static final String BUDGETS = """
            const fs = require('node:fs');
            const net = require('node:net');
            const path = require('node:path');
            const {PassThrough} = require('node:stream');
            process.env.TMPDIR = path.dirname(process.argv[2]);
            const {Budgets} = require(process.argv[2]);
            const MEGABYTE = 1 << 20;
            const said = [];
            const launch = {sessions: new Set()};
            let session;
            const budgets = new Budgets({
              maxBrowserMessage: 100 * MEGABYTE, maxClientBacklog: MEGABYTE, maxConsoleText: 1000, maxConsoleRate: 100, maxFetchBody: MEGABYTE,
              maxFetchBodies: MEGABYTE, maxSessionDisk: 1e12, maxSessionDownloads: 1e12, maxDriverHeapPercent: 90,
            }, () => ({launch, session}), (ended, cause, detail) => {
              if (!ended.ended)
                said.push(`${ended.name} ${cause}: ${detail}`);
              ended.ended = true;
            });
            budgets.beginLaunch(launch);
            const begin = (name, connection) => {
              session = {name, launch, connection, ended: false};
              launch.sessions.add(session);
              budgets.begin(session);
              return session;
            };
            const until = condition => new Promise(met => setInterval(() => condition() && met(), 5));
            const end = () => {
              console.log(said.join('\\n'));
              process.exit();
            };
            setTimeout(() => end(said.push('late')), 9000);
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void copyScripts() throws Exception {
        for (var name : List.of("bodies.js", "folders.js", "pipe.js")) {
            try (InputStream own = Objects.requireNonNull(BudgetsIT.class.getResourceAsStream(name), name)) {
                Files.copy(own, folder.resolve(name));
            }
        }
    }

    @Test
    void a_browser_waits_for_a_client_that_does_not_read_and_what_the_client_left_unread_has_an_end() throws Exception {
        assertThat(NodeScript.said(folder, "budgets.js", BUDGETS + """
                const pipe = new PassThrough();
                const browser = path.join(process.env.TMPDIR, 's');
                let passed = 0;
                let received = 0;
                const client = new net.Socket();
                net.createServer(async connection => {
                  begin('slow', connection);
                  budgets.readBrowser(launch, {stdio: [null, null, null, null, pipe]});
                  pipe.on('data', bytes => {
                    passed += bytes.length;
                    connection.write(bytes);
                  });
                  const message = JSON.stringify({id: 1, result: 'x'.repeat(100_000)}) + '\\0';
                  for (let n = 0; n < 50; n++)
                    pipe.write(message);
                  await until(() => pipe.isPaused());
                  said.push('waits ' + (passed < 2 * MEGABYTE));
                  client.resume();
                  await until(() => received === 50 * message.length);
                  said.push('all is there ' + !session.ended);
                  client.pause();
                  for (let n = 0; n < 20; n++)
                    connection.write(Buffer.alloc(MEGABYTE));
                  said.push('held ' + (connection.writableLength < 10 * MEGABYTE));
                  end();
                }).listen(browser, () => {
                  client.connect(browser);
                  client.on('data', bytes => { received += bytes.length; });
                  client.pause();
                });
                """).lines())
                .hasSize(4)
                .startsWith("waits true", "all is there true")
                .endsWith("held true")
                .element(2)
                .asString()
                .matches("slow budget exceeded: its client has not read [89] MB \\(MAX_CLIENT_BACKLOG\\)");
    }

    @Test
    void on_a_full_disk_the_session_that_holds_much_of_it_is_ended_and_no_other() throws Exception {
        assertThat(NodeScript.said(folder, "budgets.js", BUDGETS + """
                const {statfs} = fs.promises;
                fs.promises.statfs = async disk => ({...await statfs(disk), bavail: 0});
                for (const [name, size] of [['modest', 1], ['greedy', 257]]) {
                  begin(name, new net.Socket());
                  fs.writeFileSync(path.join(budgets.folder(), 'file'), Buffer.alloc(size * MEGABYTE));
                }
                until(() => said.length > 0).then(end);
                """))
                .isEqualTo("greedy budget exceeded: its files take over 256 MB of a disk that is nearly full"
                        + " (MAX_SESSION_DISK)");
    }

    @Test
    void a_browser_whose_files_no_session_has_alone_ends_with_its_sessions_when_they_are_too_many() throws Exception {
        assertThat(NodeScript.said(
                                folder,
                                "budgets.js",
                                BUDGETS.replace("maxSessionDisk: 1e12", "maxSessionDisk: 1e6") + """
                for (const name of ['one', 'other'])
                  begin(name, new net.Socket());
                launch.kill = () => said.push('killed');
                fs.writeFileSync(path.join(launch.folder, 'profile'), Buffer.alloc(2 * MEGABYTE));
                until(() => said.length > 2).then(end);
                """)
                        .lines())
                .containsExactly(
                        "one budget exceeded: the files of its browser take over 1.0 MB (MAX_SESSION_DISK)",
                        "other budget exceeded: the files of its browser take over 1.0 MB (MAX_SESSION_DISK)",
                        "killed");
    }

    @Test
    void so_does_one_that_no_session_uses() throws Exception {
        assertThat(NodeScript.said(
                        folder, "budgets.js", BUDGETS.replace("maxSessionDisk: 1e12", "maxSessionDisk: 1e6") + """
                launch.kill = () => said.push('killed');
                fs.writeFileSync(path.join(launch.folder, 'profile'), Buffer.alloc(2 * MEGABYTE));
                until(() => said.length > 0).then(end);
                """))
                .isEqualTo("killed");
    }

    @Test
    void files_are_counted_and_a_long_look_at_many_does_not_put_off_the_next_while_the_disk_fills() throws Exception {
        assertThat(NodeScript.said(folder, "budgets.js", BUDGETS + """
                let files = 49_998;
                let free = 1e12;
                fs.promises.statfs = async () => ({bsize: 1, bavail: free});
                fs.promises.lstat = async () => ({blocks: 0});
                fs.promises.opendir = async () => {
                  await new Promise(over => setTimeout(over, 300));
                  free -= 100 * MEGABYTE;
                  return Array(++files).fill({name: 'empty', isDirectory: () => false});
                };
                begin('greedy', new net.Socket());
                budgets.folder();
                until(() => said.length > 0).then(end);
                """))
                .isEqualTo("greedy budget exceeded: its files take over 50000 files (MAX_SESSION_DISK)");
    }
}
