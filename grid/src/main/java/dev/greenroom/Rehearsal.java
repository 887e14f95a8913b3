package dev.greenroom;

import dev.greenroom.cli.Commands;
import dev.greenroom.cli.ExitCodes;
import dev.greenroom.cli.Launches;
import dev.greenroom.cli.Surroundings;
import dev.greenroom.config.ProxySettings;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.registry.redis.RedisRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A proxy's life from its command line to its end, with sessions of its own: run by the build, so that the JVM can
/// keep
/// what it learnt (an AOT cache), and a start takes half the time.
public final class Rehearsal {
    private static final int SESSIONS = 300;
    private static final int FRAMES = 50;
    private static final Duration AT_MOST = Duration.ofSeconds(10);
    private static final Duration NO_REDIS = Duration.ofMillis(300);

    private Rehearsal() {}

    /// Takes no arguments; exits with 0 when all went well.
    public static void main(String[] args) {
        var silence = new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        var launches = new Launches(_ -> ExitCodes.OK, Rehearsal::proxy, _ -> ExitCodes.OK);
        var errors = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        var surroundings = new Surroundings(Map.of(), Path.of("."), "rehearsal", silence, errors);
        var commands = new Commands(
                launches, settings -> ProcessLog.open(settings, OutputStream.nullOutputStream())::close, surroundings);
        System.exit(commands.run(List.of("proxy", "--redis-host=127.0.0.1", "--redis-port=1")));
    }

    private static int proxy(ProxySettings settings) throws IOException, InterruptedException {
        try (var grounds = Grounds.lay();
                var registry = new RedisRegistry(
                        settings.redis(), ProxyProgram.limits(settings.capacity(), settings.lease()))) {
            registry.start();
            registry.awaitConnection(NO_REDIS);
            try {
                new WarmUp(grounds, settings.sections()).run(SESSIONS, FRAMES, AT_MOST);
            } catch (IOException e) {
                e.printStackTrace();
                throw e;
            }
            return ExitCodes.OK;
        }
    }
}
