package dev.greenroom.bench.browser;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// The client of all targets: one Node.js process with stock Playwright, whose sessions open a `data:` URL.
final class SessionClient implements AutoCloseable {
    private static final long STOP_SECONDS = 5;
    private static final String PAGE = "data:text/html,<title>bench</title><h1>bench</h1>";

    private final Process process;
    private final CpuGroup cpu;
    private final BufferedReader answers;
    private final BufferedWriter plans;

    /// The load of a round. It ends after this many sessions; after `millis` no session is started.
    record SessionLoad(int concurrency, int sessions, long millis, long pauseMillis) {}

    private SessionClient(Process process, CpuGroup cpu) {
        this.process = process;
        this.cpu = cpu;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.plans = process.outputWriter(StandardCharsets.UTF_8);
    }

    static SessionClient start(BenchSetup setup) throws IOException {
        var script = setup.folder().resolve("sessions.js").toString();
        var cpu = CpuGroup.create();
        var process = new ProcessBuilder(
                        cpu.within(List.of(setup.node(), script, setup.core().toString(), PAGE)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new SessionClient(process, cpu);
    }

    /// Of the client, and of browsers that it launches itself.
    CpuGroup cpu() {
        return cpu;
    }

    /// Tries until a session works.
    void await(BenchTarget target) throws IOException {
        ask(target.name(), Map.of("await", target.access()));
    }

    JsonNode run(BenchTarget target, SessionLoad load) throws IOException {
        return ask(
                target.name(),
                Map.of(
                        "run", target.access(),
                        "concurrency", load.concurrency(),
                        "sessions", load.sessions(),
                        "millis", load.millis(),
                        "pauseMillis", load.pauseMillis()));
    }

    /// Opens sessions that last until they are released, and waits a moment.
    void hold(BenchTarget target, int sessions, long pauseMillis) throws IOException {
        ask(target.name(), Map.of("hold", target.access(), "sessions", sessions, "pauseMillis", pauseMillis));
    }

    void release() throws IOException {
        ask("release", Map.of("release", true));
    }

    private JsonNode ask(String where, Map<String, Object> plan) throws IOException {
        plans.write(BenchSetup.JSON.writeValueAsString(plan));
        plans.newLine();
        plans.flush();
        var line = answers.readLine();
        if (line == null) {
            throw new IOException("the client of the benchmark ended");
        }
        var outcome = BenchSetup.JSON.readTree(line);
        var failures = List.copyOf(outcome.path("failures").values());
        if (!failures.isEmpty()) {
            throw new IOException(
                    failures.size() + " sessions failed: " + where + ", " + plan + ": " + failures.getFirst());
        }
        return outcome;
    }

    @Override
    public void close() {
        try {
            plans.close();
        } catch (IOException _) {
            // It has ended already.
        }
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        cpu.close();
    }
}
