package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.WorkerState;
import dev.greenroom.registry.redis.RedisCondition.Registered;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.WorkerId;
import java.util.Optional;

/// A worker, whoever spoke of it.
///
/// @param host where proxies connect to; empty where its record makes no sense
/// @param cap zero where it is not known
/// @param limit of its lifetime; zero where it is not known
record KnownWorker(
        String id,
        String host,
        int port,
        String status,
        String software,
        int cap,
        int lifetime,
        int limit,
        boolean suspect) {

    static KnownWorker of(Registered worker) {
        var endpoint = WorkerId.of(worker.id()).isPresent() ? Endpoint.of(worker.url()) : Optional.<Endpoint>empty();
        return new KnownWorker(
                worker.id(),
                endpoint.map(Endpoint::host).orElse(""),
                endpoint.map(Endpoint::port).orElse(0),
                worker.status(),
                worker.software(),
                worker.ownCap(),
                worker.lifetime(),
                0,
                worker.suspect());
    }

    static KnownWorker of(WorkerState worker) {
        var endpoint = Endpoint.of("ws://" + worker.address() + "/");
        return new KnownWorker(
                worker.id(),
                endpoint.map(Endpoint::host).orElse(""),
                endpoint.map(Endpoint::port).orElse(0),
                worker.status(),
                worker.software(),
                worker.maxConcurrent(),
                worker.lifetime(),
                worker.maxLifetime(),
                worker.suspect());
    }

    boolean isAvailable() {
        return status.equals("available");
    }

    String browser() {
        return id.contains(":") ? id.substring(0, id.indexOf(':')) : id;
    }

    /// For sentences.
    String address() {
        return new Endpoint(host, port, "/").authority();
    }
}
