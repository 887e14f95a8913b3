package dev.greenroom.faults;

import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.redis.RedisRegistry;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;

/// A worker whose browsers are echoes in a process of its own, to be frozen or killed. Prints its id and
/// its port.
final class EchoWorkerProgram {
    private static final int SLOTS = 10;
    private static final int LIFETIME = 1_000;

    private EchoWorkerProgram() {}

    public static void main(String[] args) throws Exception {
        var redis = FaultGrid.settings(args[0], Integer.parseInt(args[1]));
        var transport = Transport.best();
        try (var registry = RedisRegistry.connect(redis, Timing.limits(SLOTS, LIFETIME), Duration.ofSeconds(10));
                var worker = EchoWorker.start(
                        Timing.worker(args[2], SLOTS, LIFETIME),
                        registry,
                        transport,
                        transport.newLoops("echo", 1),
                        InstantSource.system())) {
            new PrintStream(new FileOutputStream(FileDescriptor.out), true)
                    .println("worker " + worker.id() + " " + worker.port());
            System.in.read();
        }
    }
}
