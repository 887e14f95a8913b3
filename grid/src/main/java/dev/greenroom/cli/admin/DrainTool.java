package dev.greenroom.cli.admin;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.api.GridApi.GridState.WorkerState;
import dev.greenroom.cli.terminal.Terminal.TextTable.TimeText;
import dev.greenroom.config.CommandSettings.DrainCommandSettings.DrainOrder;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// `greenroom drain`.
public final class DrainTool {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int MOST_NAMED = 10;

    private final DrainOrder order;
    private final GridApi api;
    private final PrintWriter out;
    private final PrintWriter err;
    private final CountDownLatch stop;

    /// @param stop ends the wait when it is counted down
    public DrainTool(DrainOrder order, GridApi api, PrintWriter out, PrintWriter err, CountDownLatch stop) {
        this.order = order;
        this.api = api;
        this.out = out;
        this.err = err;
        this.stop = stop;
    }

    /// Orders the worker to drain, and waits for its end with `--wait`.
    ///
    /// @throws GridApiException when the grid does not answer, or refuses
    public int run() throws GridApiException, InterruptedException {
        var workers = WorkerState.ask(api);
        var matches = matches(workers);
        if (matches.size() != 1) {
            return explain(matches, workers);
        }
        var worker = matches.getFirst();
        api.post("/v1/workers/" + worker.id() + "/drain");
        say(worker.id() + " is draining"
                + (worker.active() == 0
                        ? "; it has no sessions and stops now."
                        : "; it finishes " + sessions(worker.active()) + " and then stops."));
        return order.await() ? awaitEnd(worker) : ExitCodes.OK;
    }

    /// The worker with that id; otherwise all whose id or name begins with it.
    private List<WorkerState> matches(List<WorkerState> workers) {
        var exact = workers.stream()
                .filter(worker -> worker.id().equals(order.worker()))
                .toList();
        return exact.isEmpty()
                ? workers.stream()
                        .filter(worker -> worker.id().startsWith(order.worker())
                                || worker.id().startsWith(worker.browser() + ":" + order.worker()))
                        .toList()
                : exact;
    }

    private int explain(List<WorkerState> matches, List<WorkerState> workers) {
        var there = matches.isEmpty() ? workers : matches;
        var names = there.stream().limit(MOST_NAMED).map(WorkerState::id).collect(Collectors.joining(", "));
        var more = there.size() > MOST_NAMED ? " and " + (there.size() - MOST_NAMED) + " more" : "";
        err.println(
                matches.isEmpty()
                        ? "greenroom drain: there is no worker " + order.worker()
                                + (workers.isEmpty() ? "; none is registered" : "; workers are " + names + more)
                        : "greenroom drain: " + order.worker() + " matches " + names + more + "; name one of them");
        err.flush();
        return ExitCodes.FAILED;
    }

    private int awaitEnd(WorkerState worker) throws InterruptedException {
        var began = System.nanoTime();
        var active = worker.active();
        while (System.nanoTime() - began < order.timeout().toNanos()) {
            if (stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                return abandoned(worker, "Stopped waiting");
            }
            var now = find(worker);
            if (now.isEmpty()) {
                say(worker.id() + " is gone after " + TimeText.of(Duration.ofNanos(System.nanoTime() - began)) + ".");
                return ExitCodes.OK;
            }
            if (now.get().active() != active) {
                active = now.get().active();
                say(sessions(active) + " left.");
            }
        }
        return abandoned(worker, "Not gone within " + TimeText.of(order.timeout()));
    }

    /// Empty when the worker is gone, or its next run has replaced it. While the grid does not answer, the
    /// worker counts as present.
    private Optional<WorkerState> find(WorkerState worker) throws InterruptedException {
        try {
            return WorkerState.ask(api).stream()
                    .filter(other ->
                            other.id().equals(worker.id()) && other.startedAt().equals(worker.startedAt()))
                    .findFirst();
        } catch (GridApiException _) {
            return Optional.of(worker);
        }
    }

    private int abandoned(WorkerState worker, String why) {
        err.println("greenroom drain: " + why + "; " + worker.id() + " continues to drain.");
        err.flush();
        return ExitCodes.FAILED;
    }

    private static String sessions(int count) {
        return count == 1 ? "1 session" : count + " sessions";
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
