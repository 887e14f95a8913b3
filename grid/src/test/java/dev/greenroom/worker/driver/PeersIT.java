package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who is taken for the browser of a session at a port of the session's own, asked of the real kernel.
@Timeout(60)
class PeersIT {
    /// A browser has a connection to elsewhere. Strangers connect to the session's port, which has the same
    /// number, from other addresses and the browser's own source port. Says how many of them were taken for
    /// the browser, and whether a real connection of the browser was.
    private static final String STRANGERS = """
            const callers = new (require(process.argv[2]).Callers)();
            const net = require('node:net');
            const {spawn} = require('node:child_process');
            const program = code => spawn(process.execPath, ['-e', code], {stdio: ['pipe', 'pipe', 'inherit']});
            const line = child => new Promise(said => child.stdout.once('data', data => said(String(data).trim())));
            const listen = (host, port, heard) => new Promise(ready => {
              const server = net.createServer(heard).listen({host, port}, () => ready(server.address().port));
            });
            (async () => {
              const port = await listen('127.0.0.9', 0, () => {});
              const browser = program(`
                const net = require('node:net');
                const held = net.connect({host: '127.0.0.9', port: ${port}, localAddress: '127.0.0.1'},
                    () => console.log(held.localPort));
                process.stdin.on('data', () => net.connect({host: '127.0.0.1', port: ${port}}).on('error', () => {}));`);
              const source = await line(browser);
              let next;
              await listen('127.0.0.1', port, socket => next(socket));
              const call = async how => {
                const called = new Promise(heard => { next = heard; });
                how();
                const socket = await called;
                const is = await callers.isOf(browser.pid, socket);
                socket.resetAndDestroy();    // so that it is the only one beside the browser's
                return is;
              };
              let taken = 0;
              for (let n = 2; n < 22; n++) {
                if (await call(() => net.connect({host: '127.0.0.1', port, localAddress: '127.0.0.' + n, localPort: Number(source)})
                    .on('error', () => {})))
                  taken++;
              }
              const own = await call(() => browser.stdin.write('go'));
              console.log(taken + ' strangers, the browser ' + own);
              browser.kill();
              process.exit(0);
            })();
            """;

    /// A browser calls 300 times at once, and once more when it has been answered. One is
    /// looked at then, and 128 wait. Says how often it was known.
    private static final String MANY = """
            const callers = new (require(process.argv[2]).Callers)();
            const net = require('node:net');
            const {spawn} = require('node:child_process');
            const called = [];
            let heard;
            const server = net.createServer(socket => {
              called.push(socket.on('error', () => {}));
              heard?.(socket);
            });
            server.listen({host: '127.0.0.1', port: 0}, async () => {
              const browser = spawn(process.execPath, ['-e', `
                const net = require('node:net');
                const call = () => net.connect({host: '127.0.0.1', port: ${server.address().port}}).on('error', () => {});
                process.stdin.on('data', () => { for (let n = 0; n < 300; n++) call(); });
                process.stdin.once('end', call);`], {stdio: ['pipe', 'inherit', 'inherit']});
              browser.stdin.write('go');
              await new Promise(all => { heard = () => called.length === 300 && all(); });
              const answers = await Promise.all(called.map(socket => callers.isOf(browser.pid, socket)));
              const once = new Promise(one => { heard = one; });
              browser.stdin.end();
              const later = await callers.isOf(browser.pid, await once);
              console.log(answers.filter(known => known).length + ' of 300, later ' + later);
              browser.kill();
              process.exit(0);
            });
            """;

    @TempDir
    private Path folder;

    @Test
    void a_connection_with_the_port_numbers_of_another_one_of_the_browser_is_not_the_browsers() throws Exception {
        assertThat(NodeScript.said(folder, "peers.js", STRANGERS)).isEqualTo("0 strangers, the browser true");
    }

    @Test
    void who_calls_while_too_many_wait_for_an_answer_is_turned_away() throws Exception {
        assertThat(NodeScript.said(folder, "peers.js", MANY)).isEqualTo("129 of 300, later true");
    }
}
