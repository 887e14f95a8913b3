package dev.greenroom.e2e.grid;

import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.process.FreePort;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Podman in place of Docker, with networks, settings and a socket of its own, and the images that are
/// shipped, built from their Dockerfile. Images stay in `~/.cache/greenroom/containers` for the next run;
/// everything else goes with it.
///
/// One at a time on a machine: the bridges of the Compose file have fixed names.
public final class ContainerHost implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration BUILD_PATIENCE = Duration.ofMinutes(15);

    /// What lives no longer than the machine runs. Podman remembers where it is, so it is always the same.
    private static final String RUNTIME = "/run/greenroom-check";

    /// Health checks are systemd's business where there is one; a loop does it everywhere.
    private static final String HEALTH_CHECKS = """
            while :; do
                for container in $(podman ps --quiet --filter status=running --filter label=com.docker.compose.project); do
                    timeout 10 podman healthcheck run "$container" >/dev/null 2>&1
                done
                sleep 1
            done
            """;

    private final Path folder;
    private final FileChannel lock;
    private final Map<String, String> environment = new TreeMap<>();
    private final int port = FreePort.find();
    private final List<Program> background;

    private ContainerHost(Path folder, FileChannel lock, Path cache) throws IOException {
        this.folder = folder;
        this.lock = lock;
        var scripts = Installation.home().resolve("e2e/src/test/resources/containers");
        var socket = "unix://" + folder.resolve("podman.sock");
        environment.putAll(Installation.environment(Map.of()));
        environment.putAll(Map.of(
                "CONTAINERS_CONF",
                        Files.writeString(folder.resolve("containers.conf"), """
                        [containers]
                        default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
                        seccomp_profile = "%s"
                        [network]
                        network_backend = "netavark"
                        network_config_dir = "%s"
                        [engine]
                        cgroup_manager = "cgroupfs"
                        events_logger = "file"
                        runtime = "runc"
                        """.formatted(
                                                Installation.home().resolve("deploy/docker/seccomp-browser.json"),
                                                Files.createDirectory(folder.resolve("networks"))))
                                .toString(),
                "CONTAINERS_STORAGE_CONF",
                        Files.writeString(folder.resolve("storage.conf"), """
                        [storage]
                        driver = "overlay"
                        graphroot = "%s"
                        runroot = "%s"
                        """.formatted(
                                                cache.resolve("storage"), RUNTIME))
                                .toString(),
                "DOCKER_HOST", socket,
                "PATH", scripts + ":" + System.getenv("PATH"),
                "CLONE", Installation.home().toString(),
                "WORK", cache.resolve("work").toString(),
                "JAVA_HOME", System.getProperty("java.home"),
                "COMPOSE_PROJECT_NAME", "greenroom-check",
                "REDIS_IMAGE", "localhost/greenroom-check/redis",
                "GRID_PORT", Integer.toString(port)));
        // Podman takes the name of a profile where Compose sends its text. It is in containers.conf, for all containers
        // that do not say otherwise.
        environment.put("SECCOMP_PROFILE", "unconfined");
        sweep();
        run(BUILD_PATIENCE, "'" + scripts.resolve("images.sh") + "'");
        background = List.of(start("podman system service --time 0 " + socket), start(HEALTH_CHECKS));
        await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("podman.sock")));
    }

    /// Builds the images and starts Podman's service.
    public static ContainerHost start() {
        try {
            var cache =
                    Files.createDirectories(Path.of(System.getProperty("user.home"), ".cache/greenroom/containers"));
            var lock = FileChannel.open(cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.lock() == null) {
                throw new IllegalStateException("no lock on " + cache);
            }
            return new ContainerHost(Files.createTempDirectory("greenroom-containers"), lock, cache);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Host and port of the Compose file's proxy.
    public String grid() {
        return "localhost:" + port;
    }

    /// Runs a command line as it is written in a document, in the Compose file's folder.
    ///
    /// @return what it printed, errors included
    /// @throws AssertionError when it fails
    public String run(String line) {
        return run(PATIENCE, line);
    }

    private String run(Duration patience, String line) {
        var program = start("{ " + line + "\n} 2>&1");
        var code = program.awaitExit(patience);
        if (code != 0) {
            throw new AssertionError(
                    line + " ended with " + code + ": " + program.out().text());
        }
        return program.out().text().strip();
    }

    /// Starts one and does not wait.
    public Program start(String line) {
        return Program.start(
                "containers",
                List.of("bash", "-c", line),
                environment,
                Installation.home().resolve("deploy/compose"));
    }

    /// Leaves no container, pod, volume, secret and network, of a run that was killed either.
    private void sweep() {
        run("""
                podman pod rm --all --force >/dev/null
                podman rm --all --force --time 1 --volumes >/dev/null
                podman volume rm --all --force >/dev/null
                podman secret ls --quiet | xargs --no-run-if-empty podman secret rm >/dev/null
                podman network ls --format '{{.Name}}' | grep -vx podman | xargs --no-run-if-empty podman network rm --force""");
    }

    @Override
    public void close() {
        sweep();
        background.forEach(Program::close);
        try {
            run("rm -rf --one-file-system '" + folder + "'");
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
