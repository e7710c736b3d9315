import type { debuggerWords as english } from "../en/debugger.ts";
import type { Translated } from "../messages.ts";

export const debuggerWords: Translated<typeof english> = {
  on: "ブレークポイントで止める",
  stateOff: "オフです。セルは通常の速さで実行され、ブレークポイントでは止まりません。",
  stateBeginning: "開始しています…",
  stateOn: "オンです。セルを実行すると、ブレークポイントで止まります。",
  stateAway: "ランタイムが応答していません。応答し次第、デバッガーも再開します。",
  stateMoving: "実行中…",
  resting:
    "カーネルは実行中です。実行中のセルが終わるとデバッガーが始まります。その後、もう一度セルをデバッグしてください。",
  cannot_silent:
    "カーネルが応答しませんでした。実行を中断するか再起動してから、もう一度デバッガーをオンにしてください。",
  cannot_refused:
    "カーネルのデバッガーが起動しませんでした。別のデバッガーがこのプロセスに接続している可能性があります。ランタイムを再起動すると解消します。",
  cannot_noDebugpy:
    "この Python にはデバッガーがありません。パッケージ debugpy がないか、動作していません。ランタイムのマシンにインストールし（pip install debugpy）、ランタイムを再起動してください。",
  cannot_language:
    "この機能は、Python のように Jupyter のデバッガーを備えたカーネルでのみ使えます。このカーネルの言語は {language} で、デバッガーがありません。調べたい値はセルで出力してください。",
  controls: "デバッガーの操作",
  continue: "続行",
  next: "ステップオーバー",
  stepIn: "ステップイン",
  stepOut: "ステップアウト",
  stopAt: "例外でも止まる",
  stopAt_nothing: "止まらない",
  stopAt_unhandled: "捕捉されない例外",
  stopAt_raised: "すべての例外（捕捉されるものも）",
  why_breakpoint: "ブレークポイントで停止中",
  why_step: "ステップ実行の後で停止中",
  why_exception: "例外で停止中: {text}",
  why_other: "停止中",
  frames: "コールスタック",
  inCell: "セル {position}、{line} 行目",
  inChangedCell: "セル {position}（実行後に変更あり）、{line} 行目",
  inFile: "{file}、{line} 行目",
  source: "コード",
  noSource: "この場所のコードは取得できません。",
  variables: "変数",
  noVariables: "ここには変数がありません。",
  notStopped: "セルが停止すると、コールスタックと変数がここに表示されます。",
  display: "{name} をカーネルの表示形式で見る",
  notDisplayed: "カーネルは表示形式を返しませんでした。",
  asking: "カーネルに問い合わせています…",
  breakpoints: "ブレークポイント",
  noBreakpoints:
    "まだありません。コードセルの行の左をクリックするか、行の中で F9 を押します。ブレークポイントがないセルは「セルをデバッグ」で最初の行に止まります。",
  remove: "セル {position} の {line} 行目のブレークポイントを削除",
  removeAll: "すべて削除",
  saidSet: "{line} 行目にブレークポイントを設定しました",
  saidRemoved: "{line} 行目のブレークポイントを削除しました",
  saidStopped: "セル {position} の {line} 行目で停止しました",
  held: "デバッガーがカーネルを止めています。コードの続きが実行されるまで、実行したセルは待ちます。続行する（F8）か、中断してください。",
  heldIn:
    "セル {position} はデバッガーで停止中です。続きが実行されるまで、実行したセルは待ちます。続行する（F8）か、中断してください。",
  saidStoppedIn: "{name} の {line} 行目で停止しました",
};
