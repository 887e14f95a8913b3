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

    /// From Redis. An address counts only with a valid id.
    static ExaminedWorker of(Registered worker) {
        return at(
                WorkerId.of(worker.id()).flatMap(_ -> WorkerEndpoint.of(worker.url())),
                worker.id(),
                worker.status(),
                worker.software(),
                worker.ownCap(),
                worker.lifetime(),
                0,
                worker.suspect());
    }

    /// From the API.
    static ExaminedWorker of(WorkerState worker) {
        return at(
                WorkerEndpoint.of("ws://" + worker.address() + "/"),
                worker.id(),
                worker.status(),
                worker.software(),
                worker.maxConcurrent(),
                worker.lifetime(),
                worker.maxLifetime(),
                worker.suspect());
    }

    private static ExaminedWorker at(
            Optional<WorkerEndpoint> endpoint,
            String id,
            String status,
            String software,
            int cap,
            int lifetime,
            int limit,
            boolean suspect) {
        return new ExaminedWorker(
                id,
                endpoint.map(WorkerEndpoint::host).orElse(""),
                endpoint.map(WorkerEndpoint::port).orElse(0),
                status,
                software,
                cap,
                lifetime,
                limit,
                suspect);
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
