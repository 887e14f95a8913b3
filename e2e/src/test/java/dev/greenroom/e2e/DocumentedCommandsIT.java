package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.RemoteNetwork;
import dev.greenroom.e2e.process.Family;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs the command lines of README and the guide as they are written, in a network of its own, where the
/// ports that they name are free. `ShellLinesTest` looks whether a line is missing here.
@Timeout(600)
class DocumentedCommandsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /// Of the driver that comes with the program: this network reaches no npm registry.
    private static final String BUNDLED = "1.62.1";

    /// Names that the documents use for other machines.
    private static final String HOSTS = "127.0.0.1 localhost worker collector\n";

    private final List<Program> services = new ArrayList<>();
    private final Family family = Family.create();
    private final RemoteNetwork network = RemoteNetwork.open();

    @TempDir
    private Path folder;

    @BeforeEach
    void provide() throws IOException {
        network.setHosts(HOSTS);
        Files.createSymbolicLink(folder.resolve("greenroom"), Installation.launcher());
        // With its first lines filled in, as the guide says.
        var rules = Files.readString(Installation.home().resolve("deploy/network/host.nft"));
        Files.createDirectories(folder.resolve("deploy/network"));
        Files.writeString(
                folder.resolve("deploy/network/host.nft"), rules.replace("\"greenroom-worker\"", "{ 60990-61183 }"));
    }

    @AfterEach
    void stop() {
        services.reversed().forEach(service -> service.stop(PATIENCE));
        network.close();
        family.delete();
    }

    @Test
    void the_lines_for_a_grid_on_one_machine() {
        start("./greenroom up").out().await("grid", "  connect     ws://localhost:8080"::equals, PATIENCE);

        assertThat(run("./greenroom doctor")).contains("checks passed", "0 errors");
        assertThat(run("./greenroom status")).contains("chromium:", "available");
        assertThat(run("./greenroom stress --sessions 20")).contains("20");
        assertThat(run("greenroom stress --sessions 20 --concurrency 5 --hold 1s"))
                .contains("20");
        assertThat(run("greenroom status --sessions")).contains("chromium:");
        assertThat(run("curl http://localhost:8080/v1/sessions")).contains("\"sessions\"");
        assertThat(run("curl http://localhost:8080/v1/capacity")).contains("\"slots\":5");
        assertThat(run("curl http://localhost:8080/metrics")).contains("{\"activeConnections\": 0}");
        assertThat(run("nft -c -f deploy/network/host.nft")).isEmpty();

        var suite = NodeClient.withTestRunner(BUNDLED).suite("suite");
        assertThat(run("PW_TEST_CONNECT_WS_ENDPOINT=ws://localhost:8080 npx playwright test", suite))
                .contains("1 passed");
        assertThat(run("""
                        slots=$(curl -s http://localhost:8080/v1/capacity | python3 -c 'import json,sys; print(json.load(sys.stdin)["total"]["slots"])')
                        PW_TEST_CONNECT_WS_ENDPOINT=ws://localhost:8080 npx playwright test --workers "$slots"
                        """, suite)).contains("1 passed");
    }

    @Test
    void the_lines_for_a_cluster() {
        start("redis-server --port 6379");
        start("REDIS_URL=redis://localhost:6379 ./greenroom proxy");
        start("REDIS_URL=redis://localhost:6379 ./greenroom worker");
        start("REDIS_URL=redis://localhost:6379 ./greenroom worker --port 3132");
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> run("curl -s http://localhost:8080/v1/capacity"), it -> it.contains("\"slots\":10"));

        var keys = run("redis-cli KEYS 'worker:chromium:*'").lines().toList();
        var worker = keys.getFirst().substring("worker:".length());
        assertThat(keys).hasSize(2);
        assertThat(run("redis-cli HGET worker:chromium:a1b2 wsEndpoint", worker))
                .contains(":313");
        assertThat(run("wget -q -O- --timeout=2 http://worker:3131")).contains("\"status\":\"ok\"");
        assertThat(run("redis-cli HGETALL cluster:active_connections")).contains(worker);
        assertThat(run("redis-cli HGETALL cluster:lifetime_connections")).contains(worker);
        assertThat(run("redis-cli HGETALL worker:chromium:a1b2", worker)).contains("lastHeartbeat");
        assertThat(run("""
                        curl -f http://localhost:8080/metrics || echo "FAIL: proxy not responding"
                        redis-cli PING || echo "FAIL: Redis not responding"
                        WORKERS=$(redis-cli KEYS "worker:*:*" | wc -l)
                        echo "Workers registered: $WORKERS"
                        [ "$WORKERS" -gt 0 ] || echo "FAIL: no workers registered"
                        greenroom stress --sessions 1 || echo "FAIL: no session"
                        """))
                .contains("{\"activeConnections\": 0}", "PONG", "Workers registered: 2")
                .doesNotContain("FAIL");
        assertThat(run("greenroom drain chromium:a1b2 --wait --timeout 10m", worker))
                .contains(worker);
        var other = keys.getLast().substring("worker:".length());
        assertThat(run("./greenroom drain chromium:a1b2 --wait", other)).contains(other);
    }

    @Test
    void the_line_for_traces_and_the_rules_of_the_network() {
        start("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 greenroom up")
                .out()
                .await("grid", line -> line.startsWith("Greenroom is ready"), PATIENCE);

        run("nft -f deploy/network/host.nft");

        assertThat(run("nft list tables")).contains("greenroom");
    }

    private Program start(String line) {
        var service = network.start(List.of("bash", "-c", "exec env " + line), environment(), folder);
        services.add(service);
        return service;
    }

    private String run(String lines) {
        return run(lines, folder);
    }

    /// With the name of a worker in place of the one in the document.
    private String run(String line, String worker) {
        return run(line.replace("chromium:a1b2", worker), folder);
    }

    private String run(String lines, Path where) {
        try (var program = network.start(List.of("bash", "-c", lines), environment(), where)) {
            var code = program.awaitExit(PATIENCE);
            if (code != 0) {
                throw new AssertionError("%s ended with %d: %s %s"
                        .formatted(
                                lines, code, program.out().text(), program.err().text()));
            }
            return program.out().text();
        }
    }

    private Map<String, String> environment() {
        return Installation.environment(Map.of(
                "PATH", folder + ":" + System.getenv("PATH"),
                "GREENROOM_JAVA_OPTS", "-Djava.io.tmpdir=" + family.folder()));
    }
}
