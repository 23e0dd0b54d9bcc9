// @nlpjs/basic as its quick start shows it; the languages of a job are added where the package knows them.
const fs = require('fs');
const { dockStart } = require('@nlpjs/basic');

const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e6; };

(async () => {
  const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const dock = await dockStart({ use: ['Basic'], settings: { nlp: { autoSave: false, log: false, nlu: { log: false } } } });
  const nlp = dock.get('nlp');
  // One model: the package's own stemmers other than English's are further packages, absent from "basic".
  nlp.addLanguage('en');
  const began = Date.now(), before = cpu();
  for (const [text, intent] of job.train) nlp.addDocument('en', text, intent);
  await nlp.train();
  const result = { training_seconds: (Date.now() - began) / 1000, training_cpu_seconds: cpu() - before, predictions: {} };
  let asked = 0;
  const start = cpu();
  for (const [name, sentences] of Object.entries(job.tests)) {
    console.log(`    asking ${sentences.length} sentences: ${name}`);
    result.predictions[name] = [];
    for (const [text] of sentences) {
      const found = await nlp.process('en', text);
      result.predictions[name].push({ intent: found.intent, score: found.score });
      asked += 1;
    }
  }
  result.cpu_ms_a_message = Math.round((1e5 * (cpu() - start)) / asked) / 100;
  result.memory_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  fs.writeFileSync(process.argv[3], JSON.stringify(result));
})();
