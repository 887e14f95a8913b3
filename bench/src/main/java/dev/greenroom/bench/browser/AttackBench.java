package dev.greenroom.bench.browser;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.bench.Machine;
import dev.greenroom.bench.RegistryServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/// A victim of another tenant beside each attack: how much slower it is than beside nobody, and what fails.
///
/// Each attack has a grid of its own, since some of them would break it for the next one. `-Dbench.attacks=glob,null`
/// makes only these; `-Dbench.clients=…` is the folder of another playwright-core that both sides use.
public final class AttackBench {
    private static final int WARM_UP_SECONDS = 4;
    private static final int CONTROL_SECONDS = Integer.getInteger("bench.control", 12);
    private static final int ATTACK_SECONDS = Integer.getInteger("bench.seconds", 25);
    private static final long SAMPLE_MILLIS = 1_500;
    private static final double LIMIT = 2;

    private static final String ATTACKER = "attacker-0123456789abcdef";
    private static final String VICTIM = "victim-0123456789abcdefgh";
    private static final List<String> OTHER_VERSIONS =
            List.of("1.40.0", "1.50.0", "1.52.0", "1.56.0", "1.58.2", "1.60.0");

    private static final List<Attack> ATTACKS = List.of(
            new Attack("console", "a page logs 40 MB again and again"),
            new Attack("console-small", "a page logs numbers as fast as it can"),
            new Attack("null", "frames `null`"),
            new Attack("initialize", "22 messages `initialize`"),
            new Attack("bad-json", "bad JSON"),
            new Attack("deep", "JSON of 200,000 levels"),
            new Attack("rate", "small messages as fast as it can"),
            new Attack("glob", "a glob that backtracks, in `page.route`"),
            new Attack("regex", "a regex that backtracks, in `page.route`"),
            new Attack("save-as", "`Artifact.saveAs` onto what others downloaded"),
            new Attack("video-dir", "`recordVideo.dir` outside of the folder"),
            new Attack("deflate", "compressed messages of 4 GB in all"),
            new Attack("huge-message", "a message of 240 MB"),
            new Attack("png", "`expectScreenshot` with a PNG of 4 gigapixels"),
            new Attack("selector", "selectors of megabytes"),
            new Attack("gzip", "gzip of 10 GB through `context.request`"),
            new Attack("body", "an endless body through `context.request`"),
            new Attack("page-body", "an endless body in a page"),
            new Attack("download", "endless downloads of a page"),
            new Attack("wrong-tokens", "wrong tokens from the victim's address"),
            new Attack("silent", "1,500 silent connections to the worker's port"),
            new Attack("versions", "a connect with each of six versions"),
            new Attack("fence", "`grid:fence` = 2^63−1 in Redis"));

    private static final byte[] PAGE =
            "<!doctype html><title>bench</title><h1>bench</h1>".getBytes(StandardCharsets.UTF_8);

    private record Attack(String name, String words) {}

    /// @param megabytes what the worker and all below it used at most, beside nobody and in the attack
    /// @param diskMegabytes what was written to the temporary folder in the attack and was still there, at most
    private record Outcome(
            JsonNode control, JsonNode attacked, String last, long megabytes, long peakMegabytes, long diskMegabytes) {
        double millis(JsonNode victim, String step, double quantile) {
            var sorted = victim.path("millis").path(step).values().stream()
                    .map(JsonNode::asDouble)
                    .sorted()
                    .toList();
            return sorted.isEmpty() ? Double.NaN : sorted.get((int) Math.ceil(quantile * sorted.size()) - 1);
        }

        double ratio(String step, double quantile) {
            return millis(attacked, step, quantile) / millis(control, step, quantile);
        }

        List<String> errors() {
            return attacked.path("errors").values().stream()
                    .map(JsonNode::asString)
                    .toList();
        }

        boolean harmless() {
            return ratio("step", 0.5) <= LIMIT && ratio("newcomer", 0.5) <= LIMIT && errors().isEmpty();
        }
    }

    private final BenchSetup setup;
    private final Path core;

    private AttackBench(BenchSetup setup, Path core) {
        this.setup = setup;
        this.core = core;
    }

    /// Measures and prints; writes `bench/results/attacks.md` when all attacks are made with the program's own client.
    ///
    /// @param args the checkout, the browser's executable, the commit
    public static void main(String[] args) throws Exception {
        var checkout = Path.of(args[0]).toAbsolutePath();
        BrowserBench.build(checkout);
        var setup = BenchSetup.prepare(checkout, Path.of(args[1]));
        var client = System.getProperty("bench.clients", setup.core().toString());
        var only = List.of(System.getProperty("bench.attacks", "").split(","));
        var all = only.equals(List.of(""));
        var bench = new AttackBench(setup, Path.of(client).toAbsolutePath());
        var rows = new StringBuilder();
        for (var attack : ATTACKS) {
            if (all || only.contains(attack.name())) {
                var row = row(attack, bench.measure(attack));
                System.out.print(row);
                rows.append(row);
            }
        }
        if (all && client.equals(setup.core().toString())) {
            Files.writeString(checkout.resolve("bench/results/attacks.md"), report(setup, rows.toString(), args[2]));
        }
    }

    private Outcome measure(Attack attack) throws IOException, InterruptedException {
        var site = site();
        var outside = Files.createTempDirectory("outside");
        Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxrwxrwx"));
        var workerPort = BenchSetup.freePort();
        try (var redis = RegistryServer.start();
                var worker = setup.worker(redis.port(), workerPort, Map.of("BROWSER_USER", ""));
                var proxy = setup.proxy(
                        redis.port(), Map.of("AUTH_TOKENS", "attacker:" + ATTACKER + ",victim:" + VICTIM))) {
            var page = address(site);
            await(victim(proxy.said(), page, 0).start());
            await(victim(proxy.said(), page, WARM_UP_SECONDS).start());
            var control = await(victim(proxy.said(), page, CONTROL_SECONDS).start());
            var before = worker.megabytes();
            var free = freeMegabytes();
            var needs = BenchSetup.JSON.writeValueAsString(Map.of(
                    "workerPort",
                    workerPort,
                    "redisPort",
                    redis.port(),
                    "versions",
                    OTHER_VERSIONS,
                    "outside",
                    outside.toString()));
            var attacker = node(
                            "attacks.js", proxy.said().replace("ws://", "ws://" + ATTACKER + "@"), attack.name(), needs)
                    .start();
            var last = new ArrayList<String>();
            var reader = Thread.ofPlatform()
                    .daemon()
                    .start(() -> attacker.inputReader().lines().forEach(last::add));
            var peak = new AtomicLong();
            var least = new AtomicLong(free);
            var over = new CountDownLatch(1);
            var sampler = Thread.ofPlatform().daemon().start(() -> sample(worker, peak, least, over));
            var attacked = await(victim(proxy.said(), page, ATTACK_SECONDS).start());
            over.countDown();
            sampler.join();
            attacker.destroyForcibly().waitFor();
            reader.join();
            return new Outcome(
                    control, attacked, last.isEmpty() ? "" : last.getLast(), before, peak.get(), free - least.get());
        } finally {
            site.stop(0);
        }
    }

    private static String address(HttpServer site) {
        return "http://127.0.0.1:" + site.getAddress().getPort() + "/";
    }

    /// A small page for browsers.
    private static HttpServer site() throws IOException {
        var site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        site.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, PAGE.length);
            exchange.getResponseBody().write(PAGE);
            exchange.close();
        });
        site.start();
        return site;
    }

    private static void sample(BenchProcess worker, AtomicLong peak, AtomicLong least, CountDownLatch over) {
        try {
            while (!over.await(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
                peak.accumulateAndGet(worker.megabytes(), Math::max);
                least.accumulateAndGet(freeMegabytes(), Math::min);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static long freeMegabytes() {
        return Path.of(System.getProperty("java.io.tmpdir")).toFile().getUsableSpace() >> 20;
    }

    private ProcessBuilder victim(String grid, String page, int seconds) {
        return node("victim.js", grid.replace("ws://", "ws://" + VICTIM + "@"), page, Integer.toString(seconds));
    }

    private ProcessBuilder node(String script, String... arguments) {
        var line = new ArrayList<>(
                List.of(setup.node(), setup.folder().resolve(script).toString(), core.toString()));
        line.addAll(List.of(arguments));
        return new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private static JsonNode await(Process victim) throws IOException {
        try (var said = victim.inputReader()) {
            var line = said.readLine();
            if (line == null) {
                throw new IOException("the victim ended without a word");
            }
            return BenchSetup.JSON.readTree(line);
        }
    }

    private static String row(Attack attack, Outcome it) {
        return String.format(
                Locale.ROOT,
                "| %s | %.0f | %.0f | %.2f | %.2f | %.2f | %s | %d → %d | %d | %s | %s |%n",
                attack.words(),
                it.millis(it.control(), "step", 0.5),
                it.millis(it.attacked(), "step", 0.5),
                it.ratio("step", 0.5),
                it.ratio("step", 0.95),
                it.ratio("newcomer", 0.5),
                it.errors().isEmpty() ? "none" : cell(String.join("; ", it.errors())),
                it.megabytes(),
                it.peakMegabytes(),
                it.diskMegabytes(),
                it.harmless() ? "met" : "**not met**",
                cell(it.last()));
    }

    private static String cell(String text) {
        var plain = text.replace("|", "/");
        return plain.length() > 200 ? plain.substring(0, 200) + "…" : plain;
    }

    private static String report(BenchSetup setup, String rows, String commit) throws IOException {
        return """
                # A victim beside attacks

                %s, commit %s, %s. Playwright %s. Each attack on a grid of its own: proxy, worker with the defaults, Redis. The
                victim is of another tenant. A step is an evaluate and a navigation, again and again in one session; every two
                seconds a newcomer connects and opens a page; once it downloads something and looks whether it is unchanged.
                Control: %d s beside nobody; then %d s beside the attack, which is repeated as long.

                Goal: steps and newcomers at most %.0f times as slow as beside nobody (p50), and no error.

                | attack | step, control, ms | attacked | p50 × | p95 × | newcomer p50 × | victim's errors | worker, MB, before → peak | disk, MB | goal | last try |
                |---|--:|--:|--:|--:|--:|---|--:|--:|---|---|
                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        commit,
                        Machine.described(),
                        setup.playwright(),
                        CONTROL_SECONDS,
                        ATTACK_SECONDS,
                        LIMIT,
                        rows);
    }
}
