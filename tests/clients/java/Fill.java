// Fills forms as ODK Collect does, with the JavaRosa inside pyxform's validator: a line of JSON in, a
// line of JSON out. clients/form_client.py says what is in them.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.javarosa.core.model.Constants;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.PrefixedRootFactory;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.util.XFormAnswerDataParser;
import org.javarosa.xform.util.XFormUtils;

public class Fill {
    static final ObjectMapper JSON = new ObjectMapper();
    static final int[] MEDIA = {
        Constants.CONTROL_IMAGE_CHOOSE, Constants.CONTROL_AUDIO_CAPTURE,
        Constants.CONTROL_VIDEO_CAPTURE, Constants.CONTROL_FILE_CAPTURE,
    };

    final JsonNode asked;
    final Set<String> pending = new HashSet<>();
    final ObjectNode said = JSON.createObjectNode();
    final FormDef form;
    final FormEntryModel model;
    final FormEntryController controller;

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // JavaRosa prints to standard output as it likes
        new JavaRosaCoreModule().registerModule();
        new XFormsModule().registerModule();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.write(JSON.writeValueAsBytes(fill(JSON.readTree(line))));
            out.write('\n');
            out.flush();
        }
    }

    static ObjectNode fill(JsonNode asked) throws IOException {
        Path folder = Files.createTempDirectory("lamplit-javarosa-");
        try {
            for (Iterator<String> names = asked.get("media").fieldNames(); names.hasNext(); ) {
                String name = names.next();
                byte[] bytes = Base64.getDecoder().decode(asked.get("media").get(name).asText());
                Files.write(folder.resolve(name), bytes);
            }
            Fill fill = new Fill(asked, folder);
            fill.answer();
            fill.report();
            return fill.said;
        } catch (Exception | StackOverflowError error) {
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            return JSON.createObjectNode().put("error", trace.toString());
        } finally {
            try (Stream<Path> left = Files.walk(folder)) {
                left.sorted(Comparator.reverseOrder()).forEach(at -> at.toFile().delete());
            }
        }
    }

    Fill(JsonNode asked, Path folder) throws Exception {
        this.asked = asked;
        asked.get("answers").fieldNames().forEachRemaining(pending::add);
        PropertyManager.setPropertyManager(new Properties(asked.get("properties")));
        ReferenceManager.instance().reset();
        ReferenceManager.instance().addReferenceFactory(new Folder(folder));
        byte[] xform = asked.get("xform").asText().getBytes(StandardCharsets.UTF_8);
        form = XFormUtils.getFormFromInputStream(new ByteArrayInputStream(xform));
        form.initialize(true, new InstanceInitializationFactory());
        model = new FormEntryModel(form);
        controller = new FormEntryController(model);
        if (asked.hasNonNull("language")) {
            controller.setLanguage(asked.get("language").asText());
        }
    }

    /** Walks the form as a person swipes through it, answering what is shown. */
    void answer() {
        controller.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        for (int event = 0; event != FormEntryController.EVENT_END_OF_FORM; ) {
            event = controller.stepToNextEvent();
            FormIndex index = model.getFormIndex();
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                String next = path(index.getReference()) + "/";
                if (pending.stream().anyMatch(p -> p.startsWith(next))) {
                    controller.newRepeat();
                }
            } else if (event == FormEntryController.EVENT_QUESTION) {
                FormEntryPrompt prompt = model.getQuestionPrompt(index);
                if (!prompt.isReadOnly() && pending.remove(path(index.getReference()))) {
                    // As Collect saves a page: without judging it. What is wrong shows at the end.
                    controller.saveAnswer(index, data(prompt, index), true);
                }
            }
        }
    }

    IAnswerData data(FormEntryPrompt prompt, FormIndex index) {
        String text = asked.get("answers").get(path(index.getReference())).asText();
        for (int control : MEDIA) {
            if (prompt.getControlType() == control) {
                return text.isEmpty() ? null : new StringData(text);
            }
        }
        return text.isEmpty() ? null
            : XFormAnswerDataParser.getAnswerData(text, prompt.getDataType(), prompt.getQuestion());
    }

    void report() throws Exception {
        ArrayNode relevant = said.putArray("relevant");
        ArrayNode invalid = said.putArray("invalid");
        ObjectNode labels = said.putObject("labels");
        ObjectNode choices = said.putObject("choices");
        ObjectNode attachments = said.putObject("attachments");
        controller.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        for (int event = 0; event != FormEntryController.EVENT_END_OF_FORM; ) {
            event = controller.stepToNextEvent();
            if (event != FormEntryController.EVENT_QUESTION) {
                continue;
            }
            FormEntryPrompt prompt = model.getQuestionPrompt();
            TreeReference ref = model.getFormIndex().getReference();
            IAnswerData data = prompt.getAnswerValue();
            relevant.add(path(ref));
            labels.put(path(ref), prompt.getLongText() == null ? "" : prompt.getLongText());
            if (data == null ? prompt.isRequired() : !form.evaluateConstraint(ref, data)) {
                invalid.add(path(ref));
            }
            if (prompt.getSelectChoices() != null) {
                ObjectNode of = choices.putObject(path(ref));
                for (SelectChoice choice : prompt.getSelectChoices()) {
                    of.put(choice.getValue(), prompt.getSelectChoiceText(choice));
                }
            }
            for (int control : MEDIA) {
                if (prompt.getControlType() == control && data != null) {
                    String name = data.getDisplayText();
                    attachments.put(name, asked.get("media").get(name).asText());
                }
            }
        }
        controller.finalizeFormEntry();
        byte[] xml = new XFormSerializingVisitor().serializeInstance(form.getInstance());
        said.put("xml", new String(xml, StandardCharsets.UTF_8));
        ArrayNode unasked = said.putArray("unasked");
        pending.stream().sorted().forEach(unasked::add);
    }

    /** Positions are named only where there are several: /data/person[2]/name. */
    static String path(TreeReference ref) {
        return ref.toString(true).replace("[1]", "");
    }

    /** The form's media files: whatever the kind, all lie in one folder. */
    static class Folder extends PrefixedRootFactory {
        final Path folder;

        Folder(Path folder) {
            super(new String[] {"file", "file-csv", "images", "audio", "video"});
            this.folder = folder;
        }

        @Override
        protected Reference factory(String name, String uri) {
            return new MediaFile(folder.resolve(uri.substring(uri.lastIndexOf('/') + 1)), uri);
        }
    }

    record MediaFile(Path at, String uri) implements Reference {
        @Override
        public boolean doesBinaryExist() {
            return Files.exists(at);
        }

        @Override
        public InputStream getStream() throws IOException {
            return Files.newInputStream(at);
        }

        @Override
        public String getURI() {
            return uri;
        }

        @Override
        public String getLocalURI() {
            return at.toString();
        }

        @Override
        public boolean isReadOnly() {
            return true;
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            throw new IOException("read only: " + uri);
        }

        @Override
        public void remove() throws IOException {
            throw new IOException("read only: " + uri);
        }

        @Override
        public Reference[] probeAlternativeReferences() {
            return new Reference[0];
        }
    }

    /** What a form may ask of the phone: deviceid, username, phonenumber, email. */
    record Properties(JsonNode given) implements IPropertyManager {
        @Override
        public String getSingularProperty(String name) {
            return given.path(name).asText("");
        }

        @Override
        public List<String> getProperty(String name) {
            return List.of(getSingularProperty(name));
        }

        @Override
        public void setProperty(String name, String value) {
            // JavaRosa writes back, at the end of a form, what it read
        }

        @Override
        public void setProperty(String name, List<String> value) {
            // as above
        }

        @Override
        public void addRules(IPropertyRules rules) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<IPropertyRules> getRules() {
            return List.of();
        }
    }
}
