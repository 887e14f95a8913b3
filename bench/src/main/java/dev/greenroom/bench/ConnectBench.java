package dev.greenroom.bench;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// From nothing to a first page: through `greenroom up`, and beside it with a browser launched for each task.
///
/// Both are measured in turn, one after the other, so that whatever else the machine does hits both alike.
public final class ConnectBench {
    private static final int PORT = 18_080;
    private static final int WARM_UPS = 5;
    private static final int TASKS = 40;
    private static final int CONNECTS = 100;
    private static final int SESSIONS_FOR_MEMORY = 4;

    private final Path executable;
    private final String page;
    private final String connect;
    private final BrowserType chromium;

    private ConnectBench(Path executable, String page, String connect, BrowserType chromium) {
        this.executable = executable;
        this.page = page;
        this.connect = connect;
        this.chromium = chromium;
    }

    /// Measures, and writes the result down.
    ///
    /// @param args the checkout, the browser's executable, the commit
    public static void main(String[] args) throws IOException, InterruptedException {
        var checkout = Path.of(args[0]).toAbsolutePath();
        var site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.createContext("/", exchange -> {
            var html = "<!doctype html><title>bench</title><h1>bench</h1>".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, html.length);
            exchange.getResponseBody().write(html);
            exchange.close();
        });
        site.start();
        var page = "http://127.0.0.1:" + site.getAddress().getPort() + "/";
        var environment = Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        try (var up = UpProcess.start(checkout, PORT);
                var playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment))) {
            var bench = new ConnectBench(Path.of(args[1]), page, up.connect(), playwright.chromium());
            var report = bench.run(up, args[2]);
            var file = checkout.resolve("bench/results/connect.md");
            Files.writeString(file, report);
            System.out.print(report);
        } finally {
            site.stop(0);
        }
    }

    private String run(UpProcess up, String commit) {
        var atRest = Memory.proportionalMegabytes(up.process().toHandle());
        var grid = new Samples();
        var local = new Samples();
        for (var task = -WARM_UPS; task < TASKS; task++) {
            var throughGrid = firstPage(() -> chromium.connect(connect));
            var launched = firstPage(() -> chromium.launch(new BrowserType.LaunchOptions()
                    .setExecutablePath(executable)
                    .setChromiumSandbox(false)));
            if (task >= 0) {
                grid.add(throughGrid);
                local.add(launched);
            }
        }
        var connects = new Samples();
        for (var i = 0; i < CONNECTS; i++) {
            var began = System.nanoTime();
            var browser = chromium.connect(connect);
            connects.add(System.nanoTime() - began);
            browser.newPage().navigate(page);
            browser.close();
        }
        var perSession = perSession(up, atRest);
        return report(commit, up, grid, local, connects, atRest, perSession);
    }

    private long firstPage(Supplier<Browser> source) {
        var began = System.nanoTime();
        var browser = source.get();
        browser.newPage().navigate(page);
        var took = System.nanoTime() - began;
        browser.close();
        return took;
    }

    private long perSession(UpProcess up, long atRest) {
        List<Browser> open = new ArrayList<>();
        for (var i = 0; i < SESSIONS_FOR_MEMORY; i++) {
            var browser = chromium.connect(connect);
            browser.newPage().navigate(page);
            open.add(browser);
        }
        var used = Memory.proportionalMegabytes(up.process().toHandle());
        open.forEach(Browser::close);
        return (used - atRest) / SESSIONS_FOR_MEMORY;
    }

    private static String report(
            String commit, UpProcess up, Samples grid, Samples local, Samples connects, long atRest, long perSession) {
        return String.format(
                Locale.ROOT,
                """
                # Connect to first page

                %s, commit %s, %s, %d cores, %s. Milliseconds; one run, both measured in turn, %d tasks each.

                | connect or launch, new page, goto | p50 | p90 | p99 |
                |---|--:|--:|--:|
                | `greenroom up`, browser per session, warm | %s |
                | a local `chromium.launch()` per task, same binary | %s |

                **Ratio at p50: %.2f** (grid ÷ local launch).

                | through `up` | p50 | p90 | p99 |
                |---|--:|--:|--:|
                | `connect` alone, %d of them, a page opened and closed in between | %s |

                | | |
                |---|--:|
                | `./greenroom up` to its banner, built | %.1f s |
                | memory at rest (JVM, one driver, 2 warm browsers), proportional set | %d MB |
                | memory per session with a page, proportional set | %d MB |
                """,
                LocalDate.now(ZoneOffset.UTC),
                commit,
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                "Java " + Runtime.version().feature(),
                grid.count(),
                grid.row(),
                local.row(),
                grid.millis(0.5) / local.millis(0.5),
                connects.count(),
                connects.row(),
                up.readyNanos() / 1e9,
                atRest,
                perSession);
    }
}
