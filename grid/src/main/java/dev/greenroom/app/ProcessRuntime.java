package dev.greenroom.app;

import dev.greenroom.net.server.Transport;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.SessionIdGenerator;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// What every process of Greenroom stands on: event loops, ids, randomness.
///
/// @param loops one per core
/// @param random not predictable; paths and ids come from it
/// @param reaper of zombies, where this is process 1
record ProcessRuntime(
        Transport transport,
        EventLoopGroup loops,
        SecureRandom random,
        SessionIdGenerator ids,
        Optional<PeriodicTask> reaper)
        implements AutoCloseable {
    private static final long CLOSE_SECONDS = 3;

    static ProcessRuntime create() {
        var transport = Transport.best();
        var random = new SecureRandom();
        return new ProcessRuntime(
                transport,
                transport.newLoops("loop", Runtime.getRuntime().availableProcessors()),
                random,
                new SessionIdGenerator(InstantSource.system(), random),
                ZombieReaper.startAsProcessOne());
    }

    /// Name and version of the program.
    static String software() {
        return "greenroom/"
                + Optional.ofNullable(ProcessRuntime.class.getPackage().getImplementationVersion())
                        .orElse("dev");
    }

    @Override
    public void close() {
        reaper.ifPresent(PeriodicTask::close);
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
