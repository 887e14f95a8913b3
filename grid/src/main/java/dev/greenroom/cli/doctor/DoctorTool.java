package dev.greenroom.cli.doctor;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.api.GridApi.GridState;
import dev.greenroom.cli.api.GridApi.GridState.WorkerState;
import dev.greenroom.cli.doctor.Diagnosis.CheckResult;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding.Severity;
import dev.greenroom.cli.doctor.DoctorFacts.GridFacts;
import dev.greenroom.cli.doctor.DoctorFacts.Seen;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.AnsiStyle;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.data.Json;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.redis.RedisExamination;
import dev.greenroom.registry.redis.RedisExamination.RedisReport;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// `greenroom doctor`.
public final class DoctorTool {
    /// The deadline of all checks; a check that is not done by then is a finding.
    static final Duration DEADLINE = Duration.ofSeconds(55);

    private static final DoctorDeadlines USUAL = new DoctorDeadlines(Duration.ofSeconds(15), Duration.ofSeconds(40));

    private static final int OK_STATUS = 200;

    private final DoctorSettings settings;
    private final Map<String, String> environment;
    private final Trial trial;
    private final DoctorDeadlines limits;

    /// The deadlines of both phases.
    ///
    /// @param facts for Redis and the grid, in parallel
    /// @param checks for all checks, in parallel
    record DoctorDeadlines(Duration facts, Duration checks) {
        /// Checks that both together fit [#DEADLINE].
        DoctorDeadlines {
            if (facts.plus(checks).compareTo(DEADLINE) > 0) {
                throw new IllegalArgumentException("over the deadline");
            }
        }
    }

    /// @param environment every environment variable of this process
    /// @param trial opens a session through the grid
    public DoctorTool(DoctorSettings settings, Map<String, String> environment, Trial trial) {
        this(settings, environment, trial, USUAL);
    }

    DoctorTool(DoctorSettings settings, Map<String, String> environment, Trial trial, DoctorDeadlines limits) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.trial = trial;
        this.limits = limits;
    }

    /// Runs all checks and prints the findings.
    ///
    /// @return the exit code
    public int run(PrintWriter out, Terminal terminal) throws InterruptedException {
        var diagnosis = examine();
        if (settings.examination().json()) {
            out.println(Json.mapper().writeValueAsString(diagnosis.json()));
        } else {
            print(diagnosis, out, terminal);
        }
        out.flush();
        var bad = diagnosis.count(Severity.ERROR)
                + (settings.examination().strict() ? diagnosis.count(Severity.WARNING) : 0);
        return bad == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /// Gathers the facts and runs every check. Blocks for [#DEADLINE] at most, and abandons checks that
    /// hang.
    public Diagnosis examine() throws InterruptedException {
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        try {
            return examine(threads);
        } finally {
            threads.shutdownNow();
        }
    }

    private Diagnosis examine(ExecutorService threads) throws InterruptedException {
        var facts = facts(threads);
        var results = new ArrayList<CheckResult>();
        var checks = DoctorCheck.all();
        List<Future<List<DoctorFinding>>> looks = new ArrayList<>();
        checks.forEach(check ->
                looks.add(threads.submit(() -> facts.impossible(check.need()).isPresent()
                        ? List.of()
                        : check.look().at(facts))));
        var end = System.nanoTime() + limits.checks().toNanos();
        for (var n = 0; n < checks.size(); n++) {
            var check = checks.get(n);
            var left = Math.max(0, end - System.nanoTime());
            results.add(new CheckResult(
                    check.name(),
                    findings(looks.get(n), left),
                    facts.impossible(check.need()).orElse("")));
        }
        return new Diagnosis(results);
    }

    private List<DoctorFinding> findings(Future<List<DoctorFinding>> look, long leftNanos) throws InterruptedException {
        try {
            return look.get(leftNanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return List.of(DoctorFinding.error(
                    "This check did not finish within " + limits.checks().toSeconds() + " s",
                    "Something hangs; check it manually."));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a check failed", e);
        }
    }

    private DoctorFacts facts(ExecutorService threads) throws InterruptedException {
        var askedRedis = threads.submit(this::redis);
        var askedGrid = threads.submit(this::grid);
        var end = System.nanoTime() + limits.facts().toNanos();
        var redis = seen(askedRedis, end);
        var grid = seen(askedGrid, end);
        var workers = redis.found()
                .map(found -> found.workers().stream().map(ExaminedWorker::of).toList())
                .or(() -> grid.found().map(GridFacts::workers))
                .orElse(List.of());
        return new DoctorFacts(settings, environment, MachineFacts.look(), grid, redis, workers, trial);
    }

    private <T> Seen<T> seen(Future<Seen<T>> asked, long endNanos) throws InterruptedException {
        try {
            return asked.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return Seen.unreachable(
                    "it did not answer all requests within " + limits.facts().toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a request failed", e);
        }
    }

    private Seen<RedisReport> redis() {
        if (settings.redis().servers().isEmpty()) {
            return Seen.notAsked("REDIS_URL is not set");
        }
        try {
            return Seen.of(RedisExamination.of(settings.redis()));
        } catch (RegistryUnavailableException e) {
            return Seen.unreachable(String.valueOf(e.getMessage()));
        }
    }

    private Seen<GridFacts> grid() throws InterruptedException {
        try (var api = GridApi.of(settings.grid())) {
            var ready = api.ask("GET", "/health/ready", true);
            var why = ready.status() == OK_STATUS
                    ? Optional.<String>empty()
                    : Optional.of(ready.body().path("reason").asString("HTTP " + ready.status()));
            var workers = WorkerState.ask(api).stream().map(ExaminedWorker::of).toList();
            var open = api.ask("GET", "/v1/workers", false).isGood();
            return Seen.of(new GridFacts(GridState.ask(api), why, open, workers));
        } catch (GridApiException e) {
            return e.kind() == GridApiException.ApiFailure.REFUSED
                    ? Seen.refusing(e.sentence())
                    : Seen.unreachable(e.sentence());
        }
    }

    private static void print(Diagnosis diagnosis, PrintWriter out, Terminal terminal) {
        for (var result : diagnosis.results()) {
            for (var finding : result.findings()) {
                var isError = finding.severity() == Severity.ERROR;
                var mark = terminal.ink(isError ? AnsiStyle.BAD : AnsiStyle.DOUBTFUL, isError ? "error  " : "warning");
                out.println(mark + "  " + result.check() + ": " + finding.what());
                out.println("         → " + finding.remedy());
            }
        }
        skipped(diagnosis)
                .forEach((why, checks) -> out.println(
                        terminal.ink(AnsiStyle.FAINT, "skipped  " + String.join(", ", checks) + ": " + why)));
        var passed = diagnosis.results().stream().filter(Diagnosis::isPassed).count();
        var skipped = diagnosis.results().stream()
                .filter(result -> !result.impossible().isEmpty())
                .count();
        out.println();
        out.println(count(passed, "check") + " passed, " + skipped
                + (skipped == 1 ? " was" : " were") + " not possible from here. "
                + count(diagnosis.count(Severity.ERROR), "error") + ", "
                + count(diagnosis.count(Severity.WARNING), "warning") + ".");
    }

    /// The skipped checks, by reason.
    private static Map<String, List<String>> skipped(Diagnosis diagnosis) {
        var checks = new LinkedHashMap<String, List<String>>();
        diagnosis.results().stream()
                .filter(result -> !result.impossible().isEmpty())
                .forEach(result -> checks.computeIfAbsent(result.impossible(), _ -> new ArrayList<>())
                        .add(result.check()));
        return checks;
    }

    private static String count(long number, String word) {
        return number + " " + word + (number == 1 ? "" : "s");
    }

    /// Opens a session.
    @FunctionalInterface
    public interface Trial {
        /// Why it failed; empty on success. Blocks until the session has ended.
        Optional<String> of(BrowserType browser, ClientProtocol protocol) throws InterruptedException;
    }
}
