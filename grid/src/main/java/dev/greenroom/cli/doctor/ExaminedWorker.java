package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.GridApi.GridState.WorkerState;
import dev.greenroom.registry.redis.RedisExamination.RedisReport.Registered;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.util.Optional;

/// A worker, from Redis or from the grid.
///
/// @param host that proxies connect to; empty if its record is invalid
/// @param cap limit of concurrent sessions; zero if unknown
/// @param limit of sessions in its lifetime; zero if unknown
record ExaminedWorker(
        String id,
        String host,
        int port,
        String status,
        String software,
        int cap,
        int lifetime,
        int limit,
        boolean suspect) {

    static ExaminedWorker of(Registered worker) {
        var endpoint = WorkerId.of(worker.id()).isPresent()
                ? WorkerEndpoint.of(worker.url())
                : Optional.<WorkerEndpoint>empty();
        return new ExaminedWorker(
                worker.id(),
                endpoint.map(WorkerEndpoint::host).orElse(""),
                endpoint.map(WorkerEndpoint::port).orElse(0),
                worker.status(),
                worker.software(),
                worker.ownCap(),
                worker.lifetime(),
                0,
                worker.suspect());
    }

    static ExaminedWorker of(WorkerState worker) {
        var endpoint = WorkerEndpoint.of("ws://" + worker.address() + "/");
        return new ExaminedWorker(
                worker.id(),
                endpoint.map(WorkerEndpoint::host).orElse(""),
                endpoint.map(WorkerEndpoint::port).orElse(0),
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

    /// Host and port, for messages.
    String address() {
        return new WorkerEndpoint(host, port, "/").authority();
    }
}
