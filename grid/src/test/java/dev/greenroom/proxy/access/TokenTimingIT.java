package dev.greenroom.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A measurement of time, and so not for a busy machine.
@Tag("nightly")
final class TokenTimingIT {
    private static final int TRIES = 100_000;

    @Test
    void s3_a_token_that_begins_rightly_takes_as_long_as_one_that_does_not() {
        var book = TokenStoreTest.book();
        var near = TokenStoreTest.token(0).substring(0, TokenStoreTest.token(0).length() - 1) + "!";
        var far = "!" + TokenStoreTest.token(0).substring(1);
        List<Long> nearNanos = new ArrayList<>();
        List<Long> farNanos = new ArrayList<>();

        for (var n = 0; n < TRIES; n++) {
            nearNanos.add(nanos(book, near));
            farNanos.add(nanos(book, far));
        }

        var ratio = (double) median(nearNanos) / median(farNanos);
        assertThat(ratio).isBetween(0.97, 1.03);
    }

    private static long nanos(TokenStore book, String shown) {
        var began = System.nanoTime();
        assertThat(book.find(shown).isPresent()).isFalse();
        return System.nanoTime() - began;
    }

    private static long median(List<Long> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }
}
