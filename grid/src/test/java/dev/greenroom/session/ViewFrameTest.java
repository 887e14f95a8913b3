package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.session.SessionCall.ViewFrame;
import dev.greenroom.session.SessionCall.ViewFrame.FrameKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ViewFrameTest {
    @Test
    void frames_are_read_as_they_were_written_one_after_the_other() throws IOException {
        var sent = new ByteArrayOutputStream();
        sent.write(new ViewFrame(FrameKind.PICTURE, new byte[] {1, 2, 3}).encode());
        sent.write(ViewFrame.of(FrameKind.NO_PAGE).encode());
        sent.write(ViewFrame.ended("gone").encode());
        var stream = new ByteArrayInputStream(sent.toByteArray());

        assertThat(ViewFrame.read(stream).orElseThrow().content()).containsExactly(1, 2, 3);
        assertThat(ViewFrame.read(stream).orElseThrow().kind()).isEqualTo(FrameKind.NO_PAGE);
        assertThat(ViewFrame.read(stream).orElseThrow().content()).asString().isEqualTo("gone");
        assertThat(ViewFrame.read(stream)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"P\0\0\0\5ab", "P\0", "P\177\0\0\0", "X\0\0\0\0"})
    void what_is_cut_or_no_frame_is_not_read(String bytes) {
        var stream = new ByteArrayInputStream(bytes.getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> ViewFrame.read(stream)).isInstanceOf(IOException.class);
    }
}
