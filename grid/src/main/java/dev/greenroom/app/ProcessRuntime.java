package dev.greenroom.app;

import dev.greenroom.net.server.Transport;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// What every Greenroom process needs: event loops, session ids, randomness, and a zombie reaper.
///
/// @param loops event loops, one per core
/// @param random cryptographically strong; secret paths and ids are made with it
/// @param reaper present where this is process 1
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

    /// The name and version of the program, as workers register it.
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
