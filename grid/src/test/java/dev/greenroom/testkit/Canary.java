package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Secrets for tests. All of them carry one mark, which `./check --all` makes anew for each run and looks
/// for in whatever the run wrote; so a test that gives a secret to the product takes it from here.
public final class Canary {
    private static final String BY_HAND = "canary-made-by-hand";
    private static final String MARK = Objects.requireNonNullElse(System.getenv("TEST_CANARY"), BY_HAND);

    static {
        sayThatItIsUsed();
    }

    private Canary() {}

    /// A secret, long enough for a token, and the same whenever it is asked for in a run.
    ///
    /// @param of whose it is, in letters that need no escape anywhere
    public static String secret(String of) {
        return MARK + "-" + of;
    }

    /// What each of them contains.
    public static String mark() {
        return MARK;
    }

    /// The one place where the mark may be, so that a search that finds it nowhere is known to have been
    /// for the right one.
    private static void sayThatItIsUsed() {
        var place = System.getenv("TEST_SECRETS");
        if (place == null) {
            return;
        }
        try {
            var folder = Files.createDirectories(Path.of(place));
            Files.writeString(folder.resolve("used-" + ProcessHandle.current().pid()), MARK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
