package dev.greenroom.e2e.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The lines that a process wrote to one of its streams, the last [#MOST] of them. Safe for use by many
/// threads.
public final class OutputLines {
    static final int MOST = 20_000;

    private static final Pattern RECORD = Pattern.compile("^(time=.*=|\\{.*\":)\"?[A-Z]\\w*\\[");

    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<String> lines = new ArrayDeque<>();
    private boolean ended;

    OutputLines() {}

    /// Reads until the stream ends, and keeps all of it in a file. Blocks.
    void drain(InputStream stream, Path file) {
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
                var kept = Files.newBufferedWriter(file)) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line);
                kept.write(line + "\n");
            }
        } catch (IOException _) {
            // It was killed.
        } finally {
            locked(() -> ended = true);
        }
    }

    private void add(String line) {
        locked(() -> {
            if (lines.size() == MOST) {
                lines.removeFirst();
            }
            return lines.add(line);
        });
    }

    private <T> T locked(Supplier<T> step) {
        lock.lock();
        try {
            changed.signalAll();
            return step.get();
        } finally {
            lock.unlock();
        }
    }

    /// What there is so far.
    public List<String> all() {
        lock.lock();
        try {
            return new ArrayList<>(lines);
        } finally {
            lock.unlock();
        }
    }

    /// Those that contain a text, so far.
    public List<String> containing(String text) {
        return all().stream().filter(line -> line.contains(text)).toList();
    }

    /// Lines of a log, in either format, that say that a person must act.
    public List<String> errors() {
        return all().stream()
                .filter(line -> line.contains(" level=error ") || line.contains("\"level\":\"error\""))
                .toList();
    }

    /// Lines of a log, in either format, with a value that is written as a record of Java writes itself.
    public List<String> records() {
        return all().stream().filter(line -> RECORD.matcher(line).find()).toList();
    }

    /// What there is so far, as one text.
    public String text() {
        return String.join("\n", all());
    }

    /// The end of it, for a failure's message.
    Stream<String> tail(int most) {
        var all = all();
        return all.subList(Math.max(0, all.size() - most), all.size()).stream();
    }

    /// Waits until a line is there, written before or after this call.
    ///
    /// @throws AssertionError when the stream ends or the time is up before that
    public String await(String what, Predicate<String> wanted, Duration patience) {
        var found = until(() -> lines.stream().filter(wanted).findFirst(), patience);
        return found.orElseThrow(() ->
                new AssertionError("no " + what + " within " + patience + ", or before its end; it wrote:\n" + text()));
    }

    /// Waits until the stream has ended, so that every line is there.
    void awaitEnd(Duration patience) {
        until(() -> ended ? Optional.of(true) : Optional.empty(), patience);
    }

    private <T> Optional<T> until(Supplier<Optional<T>> look, Duration patience) {
        var left = patience.toNanos();
        lock.lock();
        try {
            var found = look.get();
            while (found.isEmpty() && !ended && left > 0) {
                left = changed.awaitNanos(left);
                found = look.get();
            }
            return found;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for output", e);
        } finally {
            lock.unlock();
        }
    }
}
