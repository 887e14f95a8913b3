package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static dev.greenroom.worker.pool.RealBrowsers.driverOf;
import static dev.greenroom.worker.pool.RealBrowsers.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.greenroom.config.WorkerSections.SessionBudgets;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.Budgets;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a session or its pages may use of the driver that they share with others, and of the disk. Beside
/// each attack another session of the same driver works on.
class SessionBudgetsIT {
    private static final SessionBudgets SMALL = Budgets.with(Map.of(
            "MAX_BROWSER_MESSAGE", "8m",
            "MAX_FETCH_BODY", "4m",
            "MAX_FETCH_BODIES", "10m",
            "MAX_SESSION_DOWNLOADS", "6m"));

    @TempDir
    private Path folder;

    @RegisterExtension
    private final RealBrowsers browsers = RealBrowsers.open();

    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        clients.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40", "1.52", "1.58", "1.62", "1.65"})
    void a_page_that_floods_its_console_gets_its_texts_cut_and_costs_its_neighbour_nothing(String version)
            throws Exception {
        try (var pool = browsers.pool(COLD);
                var neighbour = take(pool, version(version));
                var attacker = take(pool, version(version))) {
            var works = working(neighbour);

            var seen = browsers.client(attacker, """
                    const page = await (await browser.newContext()).newPage();
                    const texts = [];
                    const errors = [];
                    page.on('console', message => texts.push(message.text()));
                    page.on('pageerror', error => errors.push(error.message));
                    await page.evaluate(async () => {
                      for (let n = 0; n < 10; n++)
                        console.log('A'.repeat(40e6) + n);
                      for (let n = 0; n < 3; n++)
                        setTimeout(() => { throw new Error('B'.repeat(5e6)); });
                      await new Promise(over => setTimeout(over, 100));
                      for (let n = 0; n < 20000; n++)
                        console.log(n);
                    });
                    const cut = list => list.length > 0 && list.filter(text => text.length > 1000)
                        .every(text => text.length < 263000 && text.includes('cut here by the grid, MAX_CONSOLE_TEXT=262144'));
                    return `${cut(texts)} ${cut(errors)} ${texts.length > 1000 && texts.length < 20000}`;
                    """);

            assertThat(seen).isEqualTo("true true true");
            assertThat(works.call()).startsWith("answered ");
            assertThat(driverOf(neighbour)).isEqualTo(driverOf(attacker));
        }
    }

    @Test
    void a_session_whose_pages_fill_the_memory_of_the_driver_is_ended_and_no_other() throws Exception {
        var budgets = Budgets.with(Map.of("MAX_DRIVER_HEAP_PERCENT", "5"));
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var pool = browsers.pool(COLD, budgets);
                var neighbour = take(pool, version("1.62"));
                var attacker = take(pool, version("1.62"))) {
            var works = working(neighbour);
            var ending = ending(attacker);

            var seen = browsers.client(attacker, """
                    const page = await (await browser.newContext()).newPage();
                    const gone = new Promise(gone => browser.on('disconnected', gone));
                    page.evaluate(port => {
                      for (let n = 0; n < 120; n++)
                        fetch(`http://127.0.0.1:${port}/?${n}` + 'A'.repeat(1.9e6)).catch(() => {});
                    }, %d).catch(() => {});
                    await gone;
                    return 'disconnected';
                    """.formatted(silent.getLocalPort()));

            assertThat(seen).isEqualTo("disconnected");
            assertThat(reason(ending)).contains("MAX_DRIVER_HEAP_PERCENT");
            assertThat(works.call()).startsWith("answered ");
        }
    }

    @Test
    void a_session_whose_browser_sends_a_message_that_is_too_large_is_ended_and_no_other() throws Exception {
        try (var pool = browsers.pool(COLD, SMALL);
                var neighbour = take(pool, version("1.62"));
                var attacker = take(pool, version("1.62"))) {
            var works = working(neighbour);
            var ending = ending(attacker);

            var seen = browsers.client(attacker, """
                    const page = await (await browser.newContext()).newPage();
                    const large = (await page.evaluate(() => 'A'.repeat(7e6))).length;
                    const gone = new Promise(gone => browser.on('disconnected', gone));
                    page.evaluate(() => 'A'.repeat(9e6)).catch(() => {});
                    await gone;
                    return large + ' disconnected';
                    """);

            assertThat(seen).isEqualTo("7000000 disconnected");
            assertThat(reason(ending)).contains("MAX_BROWSER_MESSAGE");
            assertThat(works.call()).startsWith("answered ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40", "1.52", "1.58", "1.62", "1.65"})
    void the_body_of_a_response_is_refused_by_name_when_it_is_too_large_and_so_are_too_many(String version)
            throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/endless", zeros("identity", 1L << 40, out -> out));
        server.createContext("/gzip", zeros("gzip", 50 << 20, GZIPOutputStream::new));
        server.createContext("/deflate", zeros("deflate", 50 << 20, DeflaterOutputStream::new));
        server.createContext("/fine", zeros("gzip", 3 << 20, GZIPOutputStream::new));
        server.start();
        try (var pool = browsers.pool(COLD, SMALL);
                var neighbour = take(pool, version(version));
                var attacker = take(pool, version(version))) {
            var works = working(neighbour);

            var seen =
                    browsers.client(attacker, """
                    const {request} = await browser.newContext();
                    const outcome = path => request.get('http://127.0.0.1:%d/' + path).then(
                        response => response, error => error.message.match(/MAX_FETCH_BOD\\w+/)?.[0] ?? error.message);
                    const results = [await outcome('endless'), await outcome('gzip'), await outcome('deflate')];
                    const kept = [await outcome('fine'), await outcome('fine'), await outcome('fine')];
                    results.push(await outcome('fine'));
                    await kept[0].dispose();
                    const last = await outcome('fine');
                    results.push((await last.body()).length);
                    return results.join(' ');
                    """.formatted(server.getAddress().getPort()));

            assertThat(seen).isEqualTo("MAX_FETCH_BODY MAX_FETCH_BODY MAX_FETCH_BODY MAX_FETCH_BODIES " + (3 << 20));
            assertThat(works.call()).startsWith("answered ");
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40", "1.52", "1.58", "1.62", "1.65"})
    @SuppressWarnings("try") // what is left of a session after its end is looked at
    void the_files_of_a_session_lie_in_its_own_folder_which_is_gone_when_it_has_ended(String version) throws Exception {
        var stays = folder.resolve("stays");
        var script = """
                const fs = require('node:fs');
                const context = await browser.newContext({acceptDownloads: true, recordVideo: {dir: '%2$s'}, recordHar: {path: '%2$s/a.har'}});
                await context.tracing.start({screenshots: true, snapshots: true});
                const page = await context.newPage();
                await page.setContent('<a download="a" href="data:,hello">a</a><input type=file>');
                const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
                await download.createReadStream();
                await page.setInputFiles('input', __filename);
                for (fs.writeFileSync('%1$s', ''); '%1$s'.endsWith('stays') && fs.existsSync('%1$s');)
                  await new Promise(over => setTimeout(over, 50));
                await context.tracing.stop({path: '%2$s/trace.zip'});
                await download.saveAs('%2$s/download');
                await context.close();
                await page.video().saveAs('%2$s/video.webm');
                return fs.readFileSync('%2$s/download', 'utf8') + ' ' + ['trace.zip', 'video.webm', 'a.har'].every(it => fs.statSync('%2$s/' + it).size > 0);
                """;
        try (var pool = browsers.pool(COLD);
                var one = take(pool, version(version));
                var other = take(pool, version(version))) {
            var temporary = one.socket().resolve(Path.of("..", "..", "tmp")).normalize();
            var first = clients.submit(
                    () -> browsers.client(one, script.formatted(stays, Files.createDirectory(folder.resolve("one")))));
            await(() -> Files.exists(stays));

            var second = browsers.client(
                    other, script.formatted(folder.resolve("goes"), Files.createDirectory(folder.resolve("other"))));

            await(() -> sessionFolders(temporary).size() == 1);
            assertThat(list(temporary))
                    .allMatch(file -> file.getFileName().toString().matches("[ls]\\d+|serving"));
            assertThat(files(sessionFolders(temporary).getFirst()))
                    .anyMatch(file -> file.toString().contains("/downloads/"))
                    .anyMatch(file -> file.toString().endsWith(".webm"))
                    .anyMatch(file -> file.toString().endsWith(".trace"));
            Files.delete(stays);
            assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("hello true");
            assertThat(second).isEqualTo("hello true");
            await(() -> sessionFolders(temporary).isEmpty());
            one.close();
            other.close();
            await(() -> list(temporary).size() == 1);
        }
    }

    @Test
    void a_session_that_fills_the_disk_is_ended_and_no_other() throws Exception {
        try (var pool = browsers.pool(COLD, SMALL);
                var neighbour = take(pool, version("1.62"));
                var attacker = take(pool, version("1.62"))) {
            var works = working(neighbour);
            var ending = ending(attacker);

            var seen = browsers.client(attacker, """
                    const page = await (await browser.newContext()).newPage();
                    const gone = new Promise(gone => browser.on('disconnected', gone));
                    page.evaluate(async () => {
                      for (let n = 0; n < 100; n++) {
                        const link = document.createElement('a');
                        link.href = URL.createObjectURL(new Blob([new Uint8Array(1 << 20)]));
                        link.download = 'a' + n;
                        link.click();
                        await new Promise(over => setTimeout(over, 100));
                      }
                    }).catch(() => {});
                    await gone;
                    return 'disconnected';
                    """);

            assertThat(seen).isEqualTo("disconnected");
            assertThat(reason(ending)).contains("MAX_SESSION_DOWNLOADS");
            assertThat(works.call()).startsWith("answered ");
        }
    }

    /// A session that works beside an attack; calling the result ends it, and answers what it says.
    private Callable<String> working(PooledBrowser browser) {
        var works = folder.resolve("works");
        var said = clients.submit(() -> browsers.client(browser, """
            const fs = require('node:fs');
            const page = await (await browser.newContext()).newPage();
            let answers = 0;
            for (fs.writeFileSync('%1$s', ''); fs.existsSync('%1$s'); answers++) {
              const late = setTimeout(() => { console.log('no answer for 20 s'); process.exit(1); }, 20000);
              await page.evaluate(n => n + 1, answers);
              clearTimeout(late);
              await new Promise(over => setTimeout(over, 20));
            }
            return 'answered ' + answers;
            """.formatted(works)));
        await(() -> Files.exists(works) || said.isDone());
        return () -> {
            Files.deleteIfExists(works);
            return said.get(60, TimeUnit.SECONDS);
        };
    }

    /// How the driver ends the session of this browser. These clients connect without a proxy, so their
    /// connections have no number.
    private static CompletableFuture<SessionEnding> ending(PooledBrowser browser) {
        var ending = new CompletableFuture<SessionEnding>();
        browser.serve(new SessionId(new UUID(0, 0)), 0, ending::complete);
        return ending;
    }

    private static String reason(CompletableFuture<SessionEnding> ending) throws Exception {
        return ending.get(30, TimeUnit.SECONDS).close().orElseThrow().reason();
    }

    private static Optional<PlaywrightVersion> version(String text) {
        return PlaywrightVersion.of(text);
    }

    private static List<Path> sessionFolders(Path temporary) throws IOException {
        return list(temporary).stream()
                .filter(file -> file.getFileName().toString().matches("s\\d+"))
                .toList();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.toList();
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    private interface Encoding {
        OutputStream of(OutputStream out) throws IOException;
    }

    private static HttpHandler zeros(String name, long bytes, Encoding encoding) {
        return exchange -> {
            exchange.getResponseHeaders().add("Content-Encoding", name);
            exchange.sendResponseHeaders(200, 0);
            try (exchange;
                    var out = encoding.of(exchange.getResponseBody())) {
                var piece = new byte[1 << 16];
                for (long sent = 0; sent < bytes; sent += piece.length) {
                    out.write(piece);
                }
            } catch (IOException _) {
                // The driver has enough.
            }
        };
    }
}
