package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Errors that escape from the handlers of a session, in a real node.
class EscapedErrorsIT {
    /// A server as Playwright's; what a client sends says how its handler fails.
    private static final String SCRIPT = """
            const http = require('node:http');
            const net = require('node:net');
            const path = require('node:path');
            const connect = net.Socket.prototype.connect;
            process.env.GREENROOM_SANDBOX = JSON.stringify({budgets: {}});
            process.env.TMPDIR = path.dirname(process.argv[2]);
            const sandbox = require(process.argv[2]);
            const socket = path.join(path.dirname(process.argv[2]), 's');
            const said = [];
            console.error = () => {};
            for (const event of ['uncaughtException', 'unhandledRejection'])
              process.on(event, error => { said.push(event + ' ' + error.message + ' ' + sandbox.endFailed(error)); });
            const later = () => new Promise(over => setTimeout(over, 1));
            const handlers = {
              thrown() { throw new Error('thrown'); },
              async rejected() { throw new Error('rejected'); },
              async rejectedLater() { await later(); throw new Error('rejectedLater'); },
              thrownLater() { setTimeout(() => { throw new Error('thrownLater'); }, 1); },
              async thrownWhenGone(to) { to.destroy(); await later(); throw new Error('thrownWhenGone'); },
            };
            const launch = {id: 1, socket, sessionEnded: (connection, cause) => said.push('ended ' + connection + ' ' + cause)};
            function client(number, then) {
              const it = new net.Socket();
              it.on('error', () => {});
              connect.call(it, {path: socket});
              it.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n'
                  + 'x-greenroom-connection: ' + number + '\\r\\n\\r\\n');
              it.once('data', () => then(it));
              return it;
            }
            sandbox.within(launch, () => {
              const server = http.createServer();
              server.on('upgrade', (request, to) => {
                to.write('HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n');
                to.on('error', () => {});
                to.on('data', data => (handlers[data] ?? (() => to.write('served ' + data)))(to));
              });
              server.listen(0, () => {
                client(9, victim => {
                  Object.keys(handlers).forEach((how, n) => client(n + 1, it => it.write(how)));
                  setTimeout(() => {
                    victim.on('data', data => {
                      console.log(said.sort().join('\\n') + '\\n' + data);
                      process.exit(0);
                    });
                    victim.write('on');
                  }, 500);
                });
              });
            });
            """;

    @TempDir
    private Path folder;

    @Test
    void an_error_that_escapes_ends_the_session_whose_it_is_unless_its_client_has_left_and_no_other() throws Exception {
        for (var name : List.of("peers.js", "budgets.js", "bodies.js", "folders.js", "pipe.js", "recorder.js")) {
            try (InputStream own = Objects.requireNonNull(EscapedErrorsIT.class.getResourceAsStream(name))) {
                Files.copy(own, folder.resolve(name));
            }
        }

        assertThat(NodeScript.said(folder, "sandbox.js", SCRIPT).lines())
                .containsExactly(
                        "ended 1 driver error",
                        "ended 2 driver error",
                        "ended 3 driver error",
                        "ended 4 driver error",
                        "uncaughtException thrownLater true",
                        "unhandledRejection rejected true",
                        "unhandledRejection rejectedLater true",
                        "unhandledRejection thrownWhenGone true",
                        "served on");
    }
}
