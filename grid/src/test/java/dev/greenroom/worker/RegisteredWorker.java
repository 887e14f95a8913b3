package dev.greenroom.worker;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import java.time.Duration;

/// A worker that sends heartbeats and serves nobody.
public final class RegisteredWorker implements AutoCloseable {
    private final WorkerRegistration registration;

    private RegisteredWorker(WorkerRegistration registration) {
        this.registration = registration;
    }

    public static RegisteredWorker start(Registry registry, Heartbeat heartbeat) throws Exception {
        var registration = new WorkerRegistration(registry, heartbeat, () -> Heartbeat.Load.NONE, _ -> {});
        registration.start(3, Duration.ofSeconds(1));
        return new RegisteredWorker(registration);
    }

    @Override
    public void close() {
        registration.close();
    }
}
