package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionCall.CallAnswer;
import dev.greenroom.session.SessionCall.ViewFrame;
import dev.greenroom.session.SessionCall.ViewFrame.FrameKind;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What the API shows of the pages of a session, out of what its worker sends.
final class ViewRoutesTest {
    private static final ViewFrame PICTURE =
            new ViewFrame(FrameKind.PICTURE, "JPEG".getBytes(StandardCharsets.US_ASCII));

    private OpsFixture grid;
    private SessionId session;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        session = grid.lease(BrowserType.CHROMIUM);
        var client = new LiveSession.Client(Optional.empty(), "10.0.0.9", "");
        grid.registry
                .sessions()
                .describe(List.of(
                        new LiveSession(session, new WorkerId(BrowserType.CHROMIUM, "a"), "proxy-1:8080", client)));
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void a_stream_sends_a_picture_with_the_boundary_behind_it_and_says_when_the_session_has_ended() throws Exception {
        workerSends(PICTURE, ViewFrame.ended("over"));

        var answer = grid.raw("GET", "/v1/sessions/" + session + "/view");

        assertThat(answer).contains("Content-Type: multipart/x-mixed-replace; boundary=greenroom-frame\r\n");
        assertThat(answer)
                .contains("\r\n\r\n--greenroom-frame\r\nContent-Type: image/jpeg\r\n")
                .contains("\r\n\r\nJPEG\r\n--greenroom-frame\r\nContent-Type: image/png\r\n")
                .endsWith("\r\n--greenroom-frame--\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"NO_PAGE", "NO_PICTURE"})
    void a_stream_shows_a_sentence_where_there_is_no_picture(FrameKind kind) throws Exception {
        workerSends(ViewFrame.of(kind), ViewFrame.ended("over"));

        var answer = grid.raw("GET", "/v1/sessions/" + session + "/view");

        assertThat(answer.split("Content-Type: image/png", -1)).hasSize(3);
    }

    @Test
    void a_screenshot_is_the_first_picture_that_comes() throws Exception {
        workerSends(ViewFrame.of(FrameKind.NO_PICTURE), PICTURE);

        var answer = grid.raw("GET", "/v1/sessions/" + session + "/screenshot");

        assertThat(answer).startsWith("HTTP/1.1 200").contains("image/jpeg").endsWith("\r\n\r\nJPEG");
    }

    @ParameterizedTest
    @CsvSource({"NO_PAGE, 409, no page", "ENDED, 404, has ended"})
    void where_there_is_no_picture_a_screenshot_says_why(FrameKind kind, int status, String why) throws Exception {
        workerSends(ViewFrame.of(kind));

        var answer = grid.get("/v1/sessions/" + session + "/screenshot");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(why);
    }

    @Test
    void a_worker_s_refusal_is_passed_on_in_its_own_words() throws Exception {
        grid.workers = (_, _, _, _) -> answer(403, "{\"error\":\"view=off\"}".getBytes(StandardCharsets.UTF_8));

        var answer = grid.get("/v1/sessions/" + session + "/pages");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).isEqualTo("{\"error\":\"view=off\"}");
    }

    @Test
    void a_worker_that_does_not_answer_is_no_fault_of_the_session_that_was_asked_for() throws Exception {
        assertThat(grid.get("/v1/sessions/" + session + "/pages").statusCode()).isEqualTo(502);
        assertThat(grid.get("/v1/sessions/" + session + "/view").statusCode()).isEqualTo(502);
        assertThat(grid.get("/v1/sessions/nothing/view").statusCode()).isEqualTo(404);
    }

    @Test
    void the_timeline_is_passed_on_as_the_worker_says_it_also_where_pictures_are_refused() throws Exception {
        grid.workers = (_, _, call, _) -> call.what().equals("timeline")
                ? answer(200, "{\"waiting\":\"waiting 28 s in Frame.click\"}".getBytes(StandardCharsets.UTF_8))
                : answer(403, "{}".getBytes(StandardCharsets.UTF_8));

        assertThat(grid.get("/v1/sessions/" + session + "/timeline").body())
                .isEqualTo("{\"waiting\":\"waiting 28 s in Frame.click\"}");
        assertThat(grid.get("/v1/sessions/nothing/timeline").statusCode()).isEqualTo(404);
    }

    @Test
    void a_stream_of_the_timeline_has_each_change_once_and_says_when_the_session_has_ended() throws Exception {
        var answers = new ArrayDeque<>(List.of("{\"ended\":[]}", "{\"ended\":[]}", "{\"ended\":[1]}"));
        grid.workers = (_, _, _, _) -> answers.isEmpty()
                ? answer(404, "{\"error\":\"no such session\"}".getBytes(StandardCharsets.UTF_8))
                : answer(200, answers.poll().getBytes(StandardCharsets.UTF_8));

        var stream = grid.get("/v1/sessions/" + session + "/timeline", "Accept", "text/event-stream");

        assertThat(stream.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
        assertThat(stream.body()).isEqualTo("""
                event: timeline
                data: {"ended":[]}

                event: timeline
                data: {"ended":[1]}

                event: ended
                data: {}

                """);
    }

    private void workerSends(ViewFrame... frames) {
        var bytes = new ByteArrayOutputStream();
        for (var frame : frames) {
            bytes.writeBytes(frame.encode());
        }
        grid.workers = (_, _, _, _) -> answer(200, bytes.toByteArray());
    }

    private static CallAnswer answer(int status, byte[] body) {
        return new CallAnswer(status, new ByteArrayInputStream(body));
    }
}
