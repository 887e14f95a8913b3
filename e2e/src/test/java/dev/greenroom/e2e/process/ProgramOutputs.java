package dev.greenroom.e2e.process;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// Shows what the programs of a test class wrote when one of its tests fails. Registered for every test.
public final class ProgramOutputs
        implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler, AfterAllCallback {
    private static final int LINES = 60;
    private static final Queue<Program> PROGRAMS = new ConcurrentLinkedQueue<>();

    static void remember(Program program) {
        PROGRAMS.add(program);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw explained(failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw explained(failure);
    }

    @Override
    public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw explained(failure);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        PROGRAMS.clear();
    }

    private static Throwable explained(Throwable failure) {
        failure.addSuppressed(
                new Written(PROGRAMS.stream().map(ProgramOutputs::output).collect(Collectors.joining("\n", "\n", ""))));
        return failure;
    }

    private static String output(Program program) {
        var state = program.isAlive() ? "runs" : "has ended";
        return Stream.of(
                        Stream.of("--- " + program.name() + " (" + state + ")"),
                        program.out().tail(LINES),
                        program.err().tail(LINES).map(line -> "err: " + line))
                .flatMap(lines -> lines)
                .collect(Collectors.joining("\n"));
    }

    /// Not thrown; carries text into a failure's trace.
    private static final class Written extends Exception {
        private static final long serialVersionUID = 1L;

        Written(String text) {
            super(text, null, false, false);
        }
    }
}
