/** `words.js`: comes where the reader's language is not English. What widgets say themselves is their authors'. */
declare const STYLE: string;
export const style = STYLE;

const ENGLISH = [
  "Loading", "Try again", "Done", "Close", "Send", "More", "Choose…", "Table", "Chart data", "Data as a table",
  "That did not get through.", "Please check your connection.", "That did not work.", "This could not be brought up to date.", "This widget could not be loaded.", "Nothing fits",
];
const OTHERS: Record<string, string[]> = {
  de: [
    "Wird geladen", "Noch einmal versuchen", "Erledigt", "Schließen", "Senden", "Mehr", "Bitte wählen …", "Tabelle", "Daten des Diagramms", "Daten als Tabelle",
    "Das ist nicht angekommen.", "Bitte prüfen Sie Ihre Verbindung.", "Das hat nicht geklappt.", "Das ließ sich nicht auf den neuesten Stand bringen.", "Dieses Widget ließ sich nicht laden.", "Nichts passt",
  ],
  es: [
    "Cargando", "Volver a intentarlo", "Hecho", "Cerrar", "Enviar", "Más", "Elige…", "Tabla", "Datos del gráfico", "Datos en una tabla",
    "No se ha podido enviar.", "Comprueba tu conexión.", "No ha funcionado.", "No se ha podido actualizar.", "No se ha podido cargar este widget.", "Nada coincide",
  ],
  fr: [
    "Chargement", "Réessayer", "C’est fait", "Fermer", "Envoyer", "Plus", "Choisir…", "Tableau", "Données du graphique", "Données sous forme de tableau",
    "L’envoi n’a pas abouti.", "Vérifiez votre connexion.", "Cela n’a pas fonctionné.", "La mise à jour n’a pas abouti.", "Ce widget n’a pas pu être chargé.", "Aucun résultat",
  ],
  it: [
    "Caricamento", "Riprova", "Fatto", "Chiudi", "Invia", "Altro", "Scegli…", "Tabella", "Dati del grafico", "Dati come tabella",
    "L’invio non è riuscito.", "Controlla la connessione.", "Non ha funzionato.", "L’aggiornamento non è riuscito.", "Non è stato possibile caricare questo widget.", "Nessun risultato",
  ],
  pt: [
    "A carregar", "Tentar de novo", "Feito", "Fechar", "Enviar", "Mais", "Escolha…", "Tabela", "Dados do gráfico", "Dados em tabela",
    "Não foi possível enviar.", "Verifique a sua ligação.", "Não funcionou.", "Não foi possível atualizar.", "Não foi possível carregar este widget.", "Nada encontrado",
  ],
};

export const late = {
  say(words: string, locale: string | null): string | undefined {
    const language = (locale ?? navigator.language).slice(0, 2).toLowerCase();
    return Object.hasOwn(OTHERS, language) ? OTHERS[language]![ENGLISH.indexOf(words)] : undefined;
  },
};
